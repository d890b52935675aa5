use super::application::{Example, Workshop};
use crate::types::Problem;

/// The FastAPI application, before and after a developer has used the layer.
pub const EXAMPLE: Example = Example {
    files: &[
        ("requirements.txt", include_str!("fastapi/requirements.txt")),
        ("main.py", include_str!("fastapi/main.py.txt")),
    ],
    handlers: ("accounts.py", include_str!("fastapi/accounts.py.txt")),
    edits: &[
        (
            "main.py",
            "from fastapi import FastAPI\n",
            "from fastapi import FastAPI\n\nfrom accounts import router\n",
        ),
        (
            "main.py",
            "\n\n@app.get",
            "\napp.include_router(router)\n\n\n@app.get",
        ),
    ],
    stopped: None,
    build,
};

/// Makes a virtual environment, once, and returns the command of uvicorn.
fn build(workshop: &Workshop) -> Result<Vec<String>, Problem> {
    let environment = workshop.cache.join("demo-fastapi");
    let inside = |name: &str| environment.join("bin").join(name).display().to_string();
    let folder = environment.display().to_string();
    if !environment.join("bin/pip").exists() {
        workshop.run("python3", &["-m", "venv", "--clear", &folder], &[])?;
    }
    let install = ["install", "--quiet", "-r", "requirements.txt"];
    workshop.run(&inside("pip"), &install, &[])?;
    let port = workshop.port.to_string();
    let words = ["main:app", "--host", "127.0.0.1", "--port", &port];
    let mut command = vec![inside("uvicorn")];
    command.extend(words.map(str::to_owned));
    Ok(command)
}
