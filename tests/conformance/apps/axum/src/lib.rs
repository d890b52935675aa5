pub mod http;
mod probes;
