use super::application::{Example, Workshop, copy, link};
use crate::types::Problem;

/// The NestJS application, before and after a developer has used the layer.
pub const EXAMPLE: Example = Example {
    files: &[
        ("package.json", include_str!("nestjs/package.json.txt")),
        ("tsconfig.json", include_str!("nestjs/tsconfig.json.txt")),
        ("src/main.ts", include_str!("nestjs/main.ts.txt")),
        (
            "src/app.module.ts",
            include_str!("nestjs/app.module.ts.txt"),
        ),
    ],
    handlers: (
        "src/accounts.controller.ts",
        include_str!("nestjs/accounts.controller.ts.txt"),
    ),
    edits: &[
        (
            "src/app.module.ts",
            "\n@Controller()",
            "import { AccountsController } from './accounts.controller';\n\n@Controller()",
        ),
        (
            "src/app.module.ts",
            "controllers: [AppController",
            "controllers: [AppController, AccountsController",
        ),
    ],
    stopped: None,
    build,
};

/// Installs the packages, once, compiles, and returns the command of Node.
fn build(workshop: &Workshop) -> Result<Vec<String>, Problem> {
    let packages = workshop.cache.join("demo-nestjs");
    workshop.folder(&packages)?;
    copy(
        &workshop.project.join("package.json"),
        &packages.join("package.json"),
    )?;
    let prefix = packages.display().to_string();
    let install = ["install", "--no-audit", "--no-fund", "--prefix", &prefix];
    workshop.run("npm", &install, &[])?;
    let modules = packages.join("node_modules");
    link(&modules, &workshop.project.join("node_modules"))?;
    let compiler = modules.join(".bin/tsc").display().to_string();
    workshop.run(&compiler, &["-p", "."], &[])?;
    Ok(vec!["node".to_owned(), "dist/main.js".to_owned()])
}
