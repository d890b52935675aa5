use anyhow::Result;

use super::stage::Stage;
use crate::support::app::Capability;

/// One sentence of the contract.
pub struct Row {
    /// Its name, `area.what`.
    pub id: &'static str,
    /// The sentence.
    pub says: &'static str,
    /// Asks it; an error says what was expected and what came back.
    pub ask: fn(&mut Stage) -> Result<()>,
    /// What an application must have to be asked.
    pub needs: Option<Capability>,
}

/// A row that every application is asked.
pub const fn row(id: &'static str, says: &'static str, ask: fn(&mut Stage) -> Result<()>) -> Row {
    Row {
        id,
        says,
        ask,
        needs: None,
    }
}

/// A row for applications with a capability.
pub const fn row_if(
    needs: Capability,
    id: &'static str,
    says: &'static str,
    ask: fn(&mut Stage) -> Result<()>,
) -> Row {
    Row {
        id,
        says,
        ask,
        needs: Some(needs),
    }
}

/// Rows that share a server and, unless the scene says otherwise, a started application.
pub struct Group {
    pub name: &'static str,
    pub scene: Scene,
    pub rows: &'static [Row],
}

/// What stands around the application of a group.
#[derive(Clone, Copy)]
pub struct Scene {
    /// Settings besides `DATABASE_URL`.
    pub settings: &'static [(&'static str, &'static str)],
    /// Parameters of the URL.
    pub parameters: &'static str,
    /// What the URL leads to.
    pub through: Through,
    /// Whether rows find the application started, with `DATABASE_URL` set.
    pub started: bool,
    /// Whether the server speaks TLS.
    pub tls: bool,
}

/// What the application's URL leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Through {
    Server,
    Proxy,
    Bouncer,
}

/// An application straight at the server, with every setting at its default.
pub const PLAIN: Scene = Scene {
    settings: &[],
    parameters: "application_name=probe",
    through: Through::Server,
    started: true,
    tls: false,
};
