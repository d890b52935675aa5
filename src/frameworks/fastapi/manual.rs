//! The lines that wire an application by hand.

use super::MODULE;
use super::layout::Layout;
use crate::types::ManualStep;

/// All steps; the import as code outside of the package would write it.
pub fn steps(layout: Option<&Layout>) -> Vec<ManualStep> {
    let module = layout.map_or(MODULE, |layout| layout.module.as_str());
    let import = match module.rsplit_once('.') {
        Some((package, name)) => format!("from {package} import {name}"),
        None => format!("import {module}"),
    };
    vec![
        ManualStep {
            what: "where the application is made, among the imports (as its file names its neighbours)".to_owned(),
            code: import,
        },
        ManualStep {
            what: "after `app = FastAPI(…)`, and after anything that sets another lifespan".to_owned(),
            code: format!("{MODULE}.init_app(app)"),
        },
    ]
}
