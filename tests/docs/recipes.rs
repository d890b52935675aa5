//! The pipelines of verification.md, with their commands executed as the services execute them: in a clone, with a
//! generated key in place of the secret.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::page::{Block, blocks};
use crate::scratch::{application, git};
use crate::session::Session;

type Variables = BTreeMap<String, String>;

/// A repository that the service clones, and what the service keeps.
struct Service {
    folder: tempfile::TempDir,
    session: Session,
    jobs: std::cell::Cell<u32>,
    /// The branch that is pushed to; a pull request's is none.
    pushed: std::cell::Cell<Option<&'static str>>,
}

impl Service {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shop = folder.path().join("shop");
        application(&shop, "shop");
        let session = Session::new(folder.path());
        session.ok(&"home", "export HOME=\"$PWD\"; cd shop");
        git(&session);
        session.ok(
            &"the project",
            "git commit -q --allow-empty -m Begin; rapidkit-pg -q add --yes
             git add --all; git commit -qm 'Add the layer'
             git clone -q --bare . ~/origin.git; git remote add origin ~/origin.git
             ssh-keygen -q -t ed25519 -N '' -C release -f ~/key
             echo \"release@example.org namespaces=\\\"rapidkit-*\\\" $(cat ~/key.pub)\" > ~/allowed_signers
             echo > ~/revoked_keys; chmod 666 ~/key ~/allowed_signers ~/revoked_keys",
        );
        Self {
            folder,
            session,
            jobs: 0.into(),
            pushed: Some("main").into(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Changes the project and pushes.
    fn push(&self, script: &str) {
        self.session.ok(
            &"push",
            &format!(
                "git pull -q origin main; {script}\ngit add --all; git commit -qm x; git push -q origin HEAD:main"
            ),
        );
    }

    /// A new clone, whose name says which job it is.
    fn clone(&self) -> PathBuf {
        self.jobs.set(self.jobs.get() + 1);
        let name = format!("job-{}", self.jobs.get());
        self.session
            .ok(&"clone", &format!("git clone -q ~/origin.git ~/{name}"));
        self.path(&name)
    }

    /// The commit before the last push.
    fn before(&self) -> String {
        let (out, _) = self
            .session
            .ok(&"before", "git -C ~/origin.git rev-parse main^");
        out.trim().to_owned()
    }

    /// Executes a script as a service does. What it printed is in the error.
    fn execute(&self, clone: &Path, script: &str, variables: &Variables) -> Result<(), String> {
        let file = self.path("script");
        std::fs::write(&file, script).unwrap();
        let output = Session::new(clone)
            .command(&format!("exec sh -e '{}'", file.display()))
            .envs(variables)
            .env("HOME", self.folder.path())
            .env("CI", "true")
            .output()
            .unwrap();
        match output.status.success() {
            true => Ok(()),
            false => Err(format!(
                "$ {script}\n{}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            )),
        }
    }
}

/// The recipe of a service for a purpose.
fn recipe(service: &str, purpose: &str) -> (Block, Value) {
    let block = blocks(&format!("yaml,{service}"))
        .into_iter()
        .find(|block| block.value == purpose)
        .unwrap_or_else(|| panic!("no recipe for {service} to {purpose}"));
    let yaml = serde_yaml::from_str(&block.text).unwrap();
    (block, yaml)
}

/// Puts in what the service knows. An expression that it does not know is a mistake in the recipe.
fn expanded(text: &str, known: &Variables) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (name, after) = after.split_once("}}").expect("an end");
        out += before;
        out += known
            .get(name.trim())
            .unwrap_or_else(|| panic!("what is {name}?"));
        rest = after;
    }
    out + rest
}

fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|value| strings(value, found)),
        Value::Object(map) => map.values().for_each(|value| strings(value, found)),
        _ => {}
    }
}

/// Runs the one job of a GitHub workflow.
fn github(service: &Service, purpose: &str) -> Result<(), String> {
    let (block, workflow) = recipe("github", purpose);
    let clone = service.clone();
    let temporary = clone.with_extension("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let known: Variables = [
        ("vars.BUILD_IMAGE", "image".to_owned()),
        ("vars.ALLOWED_SIGNERS", service.text("allowed_signers")),
        ("vars.REVOKED_KEYS", service.text("revoked_keys")),
        ("secrets.SIGNING_KEY", service.text("key")),
        ("github.event.repository.default_branch", "main".to_owned()),
        ("github.event.before", service.before()),
        ("runner.temp", temporary.display().to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value.trim_end().to_owned()))
    .into();
    let mut said = Vec::new();
    strings(&workflow, &mut said);
    said.iter().for_each(|text| drop(expanded(text, &known)));

    let job = &workflow["jobs"][purpose];
    let exported = temporary.join("env");
    std::fs::write(&exported, "").unwrap();
    let mut variables: Variables = [
        ("GITHUB_WORKSPACE", &clone),
        ("GITHUB_ENV", &exported),
        ("RUNNER_TEMP", &temporary),
    ]
    .map(|(name, path)| (name.to_owned(), path.display().to_string()))
    .into();
    let reference = match service.pushed.get() {
        Some(branch) => format!("refs/heads/{branch}"),
        None => "refs/pull/1/merge".to_owned(),
    };
    variables.insert("GITHUB_REF".to_owned(), reference);
    for (name, value) in job["env"].as_object().unwrap() {
        variables.insert(name.clone(), expanded(value.as_str().unwrap(), &known));
    }
    let mut result = Ok(());
    let mut executed = 0;
    for step in job["steps"].as_array().unwrap() {
        let Some(script) = step["run"].as_str() else {
            continue;
        };
        if result.is_err() && step["if"] != "always()" {
            continue;
        }
        let outcome = service.execute(&clone, &expanded(script, &known), &variables);
        result = result.and(outcome);
        executed += 1;
        for line in std::fs::read_to_string(&exported).unwrap().lines() {
            let (name, value) = line.split_once('=').unwrap();
            variables.insert(name.to_owned(), value.to_owned());
        }
    }
    assert!(executed > 1, "{block}: nothing to execute");
    result
}

/// Runs the one job of a GitLab pipeline. Its artefacts are where it leaves them.
fn gitlab(service: &Service, purpose: &str) -> (PathBuf, Result<(), String>) {
    let (block, pipeline) = recipe("gitlab", purpose);
    let clone = service.clone();
    let temporary = clone.with_extension("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let mut variables: Variables = [
        ("CI_PROJECT_DIR", clone.display().to_string()),
        ("CI_DEFAULT_BRANCH", "main".to_owned()),
        ("CI_COMMIT_BEFORE_SHA", service.before()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    if let Some(branch) = service.pushed.get() {
        variables.insert("CI_COMMIT_BRANCH".to_owned(), branch.to_owned());
    }
    for (name, file) in [
        ("ALLOWED_SIGNERS", "allowed_signers"),
        ("REVOKED_KEYS", "revoked_keys"),
        ("SIGNING_KEY", "key"),
    ] {
        let to = temporary.join(name);
        std::fs::copy(service.path(file), &to).unwrap();
        variables.insert(name.to_owned(), to.display().to_string());
    }
    let lines: Vec<&str> = pipeline[purpose]["script"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line.as_str().unwrap())
        .collect();
    assert!(lines.len() > 2, "{block}: nothing to execute");
    let result = service.execute(&clone, &lines.join("\n"), &variables);
    (clone, result)
}

/// Verification passes on what was signed, and on nothing else.
fn verifies(service: &Service, verify: &dyn Fn() -> Result<(), String>) {
    verify().unwrap_or_else(|said| panic!("what was signed is refused:\n{said}"));
    let fails = |code: &str| {
        let said = verify().expect_err(code);
        assert!(said.contains(code), "no {code} in\n{said}");
    };
    let write = |name: &str, text: &str| std::fs::write(service.path(name), text).unwrap();

    let signers = service.text("allowed_signers");
    write("allowed_signers", "");
    fails("RK0203");
    write("allowed_signers", &signers);
    write("revoked_keys", &service.text("key.pub"));
    fails("RK0204");
    write("revoked_keys", "\n");

    service.push("echo '// changed' >> .rapidkit/vendor/db_postgres/*/src/db_postgres/pool.rs");
    fails("RK0301");
    service.push("git revert --no-commit HEAD");
    verify().unwrap();
    // On another branch, `main` is what it is compared with.
    for pushed in [None, Some("other")] {
        service.pushed.set(pushed);
        verify().unwrap_or_else(|said| panic!("{pushed:?}:\n{said}"));
    }
    service.pushed.set(Some("main"));
    service.push("echo '// mine' >> src/db_postgres/pool.rs; rapidkit-pg -q lock --overwrite");
    fails("RK0202");
    // `main` itself has nothing to lose any more: the commit before had.
    service.push("git rm -rq .rapidkit");
    fails("RK0704");
}

#[test]
fn the_recipes_for_github_work_as_written() {
    let service = Service::new();
    let said = github(&service, "verify").expect_err("there is no signature");
    assert!(said.contains("RK0201"), "{said}");
    github(&service, "sign").unwrap_or_else(|said| panic!("{said}"));
    verifies(&service, &|| github(&service, "verify"));
}

#[test]
fn the_recipes_for_gitlab_work_as_written() {
    let service = Service::new();
    let junit = |clone: &Path| std::fs::read_to_string(clone.join("rapidkit-pg.xml")).unwrap();
    let verify = || {
        let (clone, result) = gitlab(&service, "verify");
        result.map_err(|said| said + &junit(&clone))
    };
    let said = verify().expect_err("there is no signature");
    assert!(said.contains("RK0201"), "{said}");
    let (clone, result) = gitlab(&service, "sign");
    result.unwrap_or_else(|said| panic!("{said}"));
    let (_, pipeline) = recipe("gitlab", "sign");
    let artefact = pipeline["sign"]["artifacts"]["paths"][0].as_str().unwrap();
    service.push(&format!(
        "cp '{}' '{artefact}'",
        clone.join(artefact).display()
    ));
    verifies(&service, &verify);
}

#[test]
fn an_expression_that_no_service_knows_is_seen() {
    let known: Variables = [("vars.X".to_owned(), "1".to_owned())].into();
    assert_eq!(expanded("a ${{ vars.X }} b", &known), "a 1 b");
    assert!(std::panic::catch_unwind(|| expanded("${{ vars.Y }}", &Variables::new())).is_err());
}
