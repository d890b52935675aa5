//! Servers, proxies and processes that tests put around an application.

#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod app;
pub mod bouncer;
pub mod cargo;
pub mod certificates;
pub mod chance;
pub mod http;
pub mod process;
pub mod proxy;
pub mod throwaway;
