//! What fails, and in which order.

use std::time::Duration;

use anyhow::Result;
use rapidkit_pg::postgres::Shutdown;

use crate::clients::Orders;
use crate::scene::Surroundings;
use crate::site::{CAPACITY, Site, Through};
use crate::support::chance::Chance;

/// Something that fails, for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The server ends every session, stops, and starts again.
    Restart,
    /// The server dies, and recovers.
    Crash,
    /// Backends are killed one after the other.
    KilledBackends,
    /// All of the server's processes are frozen.
    HungServer,
    /// Requests hold every connection longer than others wait for one.
    ExhaustedPool,
    /// PgBouncer is killed, and started again, more than once.
    KilledBouncer,
    /// Every client hangs up on every request.
    CancelledRequests,
}

pub const FAULTS: [Fault; 7] = [
    Fault::Restart,
    Fault::KilledBackends,
    Fault::HungServer,
    Fault::Crash,
    Fault::ExhaustedPool,
    Fault::KilledBouncer,
    Fault::CancelledRequests,
];

/// How long what hangs does so.
const HANGS: Duration = Duration::from_secs(3);
/// The longest that what is stopped is down, in milliseconds.
const DOWN: usize = 1500;

impl Fault {
    pub fn name(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::Crash => "crash",
            Self::KilledBackends => "killed backends",
            Self::HungServer => "hung server",
            Self::ExhaustedPool => "exhausted pool",
            Self::KilledBouncer => "killed PgBouncer",
            Self::CancelledRequests => "cancelled requests",
        }
    }

    /// Lets it happen; returns when it is over.
    pub fn happen(
        self,
        around: &mut Surroundings,
        sites: &[Site],
        orders: &Orders,
        chance: &mut Chance,
    ) -> Result<()> {
        let down = Duration::from_millis(chance.below(DOWN) as u64);
        match self {
            Self::Restart => around.restart(Shutdown::Fast, down)?,
            Self::Crash => around.restart(Shutdown::Immediate, down)?,
            Self::KilledBackends => {
                for _ in 0..20 {
                    around.kill_backends()?;
                    std::thread::sleep(HANGS / 20);
                }
            }
            Self::HungServer => {
                around.server.suspend();
                std::thread::sleep(HANGS);
                around.server.resume();
            }
            Self::ExhaustedPool => exhaust(sites),
            Self::KilledBouncer => {
                for _ in 0..3 {
                    around.bouncer.kill();
                    std::thread::sleep(down / 3);
                    around.bouncer.start_again()?;
                    std::thread::sleep(HANGS / 6);
                }
            }
            Self::CancelledRequests => {
                orders
                    .hang_up
                    .store(true, std::sync::atomic::Ordering::Relaxed);
                std::thread::sleep(HANGS);
                orders
                    .hang_up
                    .store(false, std::sync::atomic::Ordering::Relaxed);
            }
        }
        Ok(())
    }
}

/// Holds as many connections as there are. PgBouncer has three for them, one after the other.
fn exhaust(sites: &[Site]) {
    std::thread::scope(|scope| {
        for site in sites {
            let path = match site.through {
                Through::Server => "/probe/hold?seconds=3",
                Through::Bouncer => "/probe/hold?seconds=1.5",
            };
            for _ in 0..CAPACITY {
                scope.spawn(|| site.client().silently().get(path));
            }
        }
    });
}
