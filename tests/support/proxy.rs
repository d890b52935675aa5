//! A TCP proxy that fails on purpose.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;

/// What the proxy does with the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Hands them on.
    Pass,
    /// Swallows them, both ways, in old connections and in new ones: a peer that accepts and never
    /// answers, or a cable that was cut.
    Swallow,
    /// Cuts the connection when the client sends COMMIT, which then does not reach the server.
    CutBeforeCommit,
    /// Hands COMMIT on, and cuts the connection instead of handing the answer back.
    CutAfterCommit,
    /// Cuts a connection once the server has said that it is ready.
    CutWhenReady,
}

/// A proxy on a loopback port.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    upstream: u16,
    mode: Mutex<Mode>,
    stopped: AtomicBool,
    connections: AtomicU64,
    round_trips: AtomicU64,
    cuts: AtomicU64,
    sockets: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Listens, and hands on to another loopback port.
    pub fn start(upstream: u16) -> Result<Self> {
        let port = rapidkit_pg::postgres::free_port()?;
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        listener.set_nonblocking(true)?;
        let shared = Arc::new(Shared {
            upstream,
            mode: Mutex::new(Mode::Pass),
            stopped: AtomicBool::new(false),
            connections: AtomicU64::new(0),
            round_trips: AtomicU64::new(0),
            cuts: AtomicU64::new(0),
            sockets: Mutex::new(Vec::new()),
        });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || accepting.accept(&listener));
        Ok(Self { port, shared })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn set(&self, mode: Mode) {
        *lock(&self.shared.mode) = mode;
    }

    /// How many connections were made.
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// How often a client spoke after the server had spoken.
    pub fn round_trips(&self) -> u64 {
        self.shared.round_trips.load(Ordering::SeqCst)
    }

    /// How often a COMMIT was cut off.
    pub fn cuts(&self) -> u64 {
        self.shared.cuts.load(Ordering::SeqCst)
    }

    /// Cuts every connection.
    pub fn cut(&self) {
        for socket in lock(&self.shared.sockets).drain(..) {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        self.cut();
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        while !self.stopped.load(Ordering::SeqCst) {
            match listener.accept() {
                Ok((client, _)) => {
                    self.connections.fetch_add(1, Ordering::SeqCst);
                    let _ = self.serve(client);
                }
                Err(_) => std::thread::sleep(Duration::from_millis(2)),
            }
        }
    }

    fn serve(self: &Arc<Self>, client: TcpStream) -> std::io::Result<()> {
        client.set_nonblocking(false)?;
        client.set_nodelay(true)?;
        lock(&self.sockets).push(client.try_clone()?);
        let silent = *lock(&self.mode) == Mode::Swallow;
        // Where the server is down, the proxy is as good as down.
        let server = match TcpStream::connect(("127.0.0.1", self.upstream)) {
            Ok(server) => Some(server),
            Err(_) if silent => None,
            Err(error) => {
                client.shutdown(Shutdown::Both)?;
                return Err(error);
            }
        };
        let server_spoke = Arc::new(AtomicBool::new(false));
        if let Some(server) = server {
            server.set_nodelay(true)?;
            lock(&self.sockets).push(server.try_clone()?);
            let (from, to) = (server.try_clone()?, client.try_clone()?);
            let (this, spoke) = (Arc::clone(self), Arc::clone(&server_spoke));
            std::thread::spawn(move || this.pump(from, Some(to), &spoke, false));
            let this = Arc::clone(self);
            std::thread::spawn(move || this.pump(client, Some(server), &server_spoke, true));
        } else {
            let this = Arc::clone(self);
            std::thread::spawn(move || this.pump(client, None, &server_spoke, true));
        }
        Ok(())
    }

    fn pump(
        &self,
        mut from: TcpStream,
        mut to: Option<TcpStream>,
        server_spoke: &AtomicBool,
        from_client: bool,
    ) {
        let mut bytes = [0; 16 * 1024];
        loop {
            let read = match from.read(&mut bytes) {
                Ok(0) | Err(_) => break,
                Ok(read) => &bytes[..read],
            };
            if from_client {
                if server_spoke.swap(false, Ordering::SeqCst) {
                    self.round_trips.fetch_add(1, Ordering::SeqCst);
                }
            } else {
                server_spoke.store(true, Ordering::SeqCst);
            }
            let mode = *lock(&self.mode);
            let commits = from_client && has_commit(read);
            if mode == Mode::Swallow {
                continue;
            }
            if mode == Mode::CutBeforeCommit && commits {
                self.cuts.fetch_add(1, Ordering::SeqCst);
                break;
            }
            if mode == Mode::CutAfterCommit && commits {
                // The client hears nothing from here on; the server gets its COMMIT and answers.
                self.cuts.fetch_add(1, Ordering::SeqCst);
                let _ = from.shutdown(Shutdown::Both);
                if let Some(to) = &mut to {
                    let _ = to.write_all(read);
                    std::thread::sleep(Duration::from_millis(300));
                }
                break;
            }
            let handed_on = to.as_mut().is_some_and(|to| to.write_all(read).is_ok());
            // ReadyForQuery, outside of a transaction.
            let is_ready = || read.windows(6).any(|bytes| bytes == b"Z\0\0\0\x05I");
            if !handed_on || mode == Mode::CutWhenReady && !from_client && is_ready() {
                break;
            }
        }
        // A swallowing proxy does not tell either side that the other has gone.
        if *lock(&self.mode) != Mode::Swallow || from_client {
            let _ = from.shutdown(Shutdown::Both);
            if let Some(to) = &to {
                let _ = to.shutdown(Shutdown::Both);
            }
        }
    }
}

/// Whether a client's bytes hold a COMMIT, as a simple query or as a statement to parse; `READ COMMITTED` is none.
fn has_commit(bytes: &[u8]) -> bool {
    let ends = |at: usize| !bytes.get(at).is_some_and(u8::is_ascii_alphabetic);
    let mut windows = bytes.windows(6).enumerate();
    windows.any(|(at, window)| window.eq_ignore_ascii_case(b"commit") && ends(at + 6))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}
