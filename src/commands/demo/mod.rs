//! `rapidkit-pg demo`: a small application, a throwaway PostgreSQL, real requests.

mod actix;
mod application;
mod axum;
mod cargo;
mod fastapi;
mod nestjs;
mod process;
mod requests;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::context::Context;
use super::interrupt;
use crate::cli::Demo;
use crate::postgres::{Installation, Options, Search, Server, Shutdown, free_port};
use crate::report::Progress;
use crate::types::Problem;
use application::{Example, Workshop};
use process::Running;
use requests::Asker;

const HEALTH: &str = "/api/health/module/postgres";
/// The contract's bound on a health answer, whatever the server does.
const HEALTH_BOUND: Duration = Duration::from_secs(2);

/// Every demo, by the framework's name.
const EXAMPLES: [(&str, Example); 4] = [
    ("axum", axum::EXAMPLE),
    ("actix", actix::EXAMPLE),
    ("fastapi", fastapi::EXAMPLE),
    ("nestjs", nestjs::EXAMPLE),
];

/// `rapidkit-pg demo`
pub fn run(context: &Context, args: &Demo) -> Result<u8, Problem> {
    let all = args.framework == "all";
    let chosen: Vec<_> = EXAMPLES
        .iter()
        .filter(|(name, _)| all || *name == args.framework)
        .collect();
    if chosen.is_empty() {
        let known: Vec<_> = EXAMPLES.iter().map(|(name, _)| *name).collect();
        return Err(
            Problem::input(format!("no demo for `{}`", args.framework.escape_debug()))
                .help(format!("there are: {}, all", known.join(", "))),
        );
    }
    if all && args.keep {
        return Err(Problem::input("`--keep` keeps one application")
            .help("name one: `--framework NAME --keep`"));
    }
    for (name, example) in chosen {
        if all {
            context.terminal.line(format!("\n{name}"));
        }
        show(context, args, example)?;
    }
    Ok(0)
}

fn show(context: &Context, args: &Demo, example: &Example) -> Result<(), Problem> {
    let progress = Progress::new(context.terminal);
    let folder = tempfile::Builder::new()
        .prefix("rapidkit-pg-demo-")
        .tempdir()
        .map_err(|error| Problem::input(format!("cannot make a temporary folder: {error}")))?;
    let project = folder.path().join("demo");

    progress.step("looking for PostgreSQL");
    let cache = cache_folder()?;
    let search = Search::new(&cache)
        .bin_dir(std::env::var_os("RAPIDKIT_PG_BIN").map(PathBuf::from))
        .path(std::env::var_os("PATH"));
    let installation = Installation::find(&search, &|step| progress.step(step))?;
    stop_if_interrupted()?;
    progress.step(&format!("starting PostgreSQL {}", installation.version()));
    let mut server = Server::start(&installation, &Options::default(), &|step| {
        progress.step(step)
    })?;

    progress.step("making a small application");
    application::create(&project, example)?;
    progress.step("rapidkit-pg add");
    application::add(&project)?;
    application::write_handlers(&project, example)?;
    progress.step("building the application (the first time takes a minute)");
    let port = free_port()?;
    let interrupted: &dyn Fn() -> bool = &|| stop_if_interrupted().is_err();
    let words = {
        let _alone = application::alone(&cache, interrupted)?;
        (example.build)(&Workshop {
            project: &project,
            cache: &cache,
            port,
            interrupted,
        })?
    };

    let address = format!("127.0.0.1:{port}");
    let url = server.url("postgres");
    progress.step("starting the application");
    let log = project.join("application.log");
    let (program, arguments) = words.split_first().expect("a command has a program");
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("ADDRESS", &address)
        .env("PORT", port.to_string())
        .env("DATABASE_URL", &url);
    let mut application = Running::spawn(command, &project, &log)?;
    let asker = Asker::new(&address, &progress, context.terminal);
    asker.wait_until_serving(&mut application, &log)?;

    ask(&asker, &mut server, &progress)?;
    if args.keep {
        return keep(
            context,
            folder.keep().join("demo"),
            application,
            server,
            &address,
            &url,
            &log,
        );
    }
    progress.step("stopping");
    let code = application.stop()?;
    if code != example.stopped {
        return Err(application::failed(
            "the application did not stop in order",
            &log,
        ));
    }
    drop(progress);
    context.terminal.done(
        "Worked",
        "`rapidkit-pg demo --keep` leaves it running to look at",
    );
    Ok(())
}

fn ask(asker: &Asker, server: &mut Server, progress: &Progress) -> Result<(), Problem> {
    asker.ask("GET", "/", None, 200, "what the application did before")?;
    asker.ask("GET", HEALTH, None, 200, "the database is healthy")?;
    asker.ask("PUT", "/accounts", None, 201, "two accounts, 100 and 0")?;
    let order = r#"{"origin":1,"to":2,"amount":30}"#;
    asker.ask(
        "POST",
        "/transfers",
        Some(order),
        200,
        "a transaction that commits",
    )?;
    let order = r#"{"origin":1,"to":9,"amount":30}"#;
    asker.ask(
        "POST",
        "/transfers",
        Some(order),
        404,
        "a transaction that rolls back: no account 9",
    )?;
    let balances = r#"[{"id":1,"balance":70},{"id":2,"balance":30}]"#;
    let accounts = asker.ask("GET", "/accounts", None, 200, "70 and 30: nothing was lost")?;
    if accounts != balances {
        return Err(Problem::decision(format!(
            "expected {balances}, got {accounts}"
        )));
    }
    progress.step("stopping PostgreSQL");
    server.stop(Shutdown::Fast)?;
    asker.ask("GET", HEALTH, None, 503, "PostgreSQL is stopped")?;
    asker.ask("GET", "/", None, 200, "the application serves on")?;
    progress.step("starting PostgreSQL again");
    server.start_again()?;
    asker.ask("GET", HEALTH, None, 200, "PostgreSQL is back")?;
    asker.ask("GET", "/accounts", None, 200, "and so is the application")?;
    Ok(())
}

fn keep(
    context: &Context,
    project: PathBuf,
    application: Running,
    server: Server,
    address: &str,
    url: &str,
    log: &Path,
) -> Result<(), Problem> {
    let pid = application.leave_running();
    let left = server.leave_running()?;
    let say = |text: String| context.terminal.result(text);
    say(format!(
        "\nThe application runs on http://{address} (pid {pid})"
    ));
    say(format!("  curl -i http://{address}{HEALTH}"));
    say(format!(
        "  sources  {}",
        project.join("src/db_postgres").display()
    ));
    say(format!("  log      {}", log.display()));
    say("\nPostgreSQL runs too".to_owned());
    say(format!("  psql '{url}'"));
    say("\nTo stop both".to_owned());
    let folder = project.parent().unwrap_or(&project);
    say(format!(
        "  kill {pid}; {}; rm -rf {}",
        left.stop_command,
        folder.display()
    ));
    Ok(())
}

fn stop_if_interrupted() -> Result<(), Problem> {
    if interrupt::requested() {
        return Err(Problem {
            message: "interrupted; everything that was started is stopped".to_owned(),
            ..Problem::interrupted()
        });
    }
    Ok(())
}

/// Where downloads and builds of the demo are kept between runs, by the platform's convention.
fn cache_folder() -> Result<PathBuf, Problem> {
    let variable = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let home = || {
        variable("HOME").map(|home| {
            home.join(if cfg!(target_os = "macos") {
                "Library/Caches"
            } else {
                ".cache"
            })
        })
    };
    variable("XDG_CACHE_HOME")
        .or_else(home)
        .map(|cache| cache.join("rapidkit-pg"))
        .ok_or_else(|| {
            Problem::input("neither XDG_CACHE_HOME nor HOME is set")
                .help("set XDG_CACHE_HOME to a folder for caches")
        })
}
