//! `live-domain` in the hands of somebody else: as a package, and as docs/embedding.md has it.

use std::fs;
use std::os::unix::fs::symlink;

use crate::error::{Context, Result};
use crate::process;
use crate::scratch::ScratchFolder;
use crate::workspace::{cargo, file, root};

const GUIDE: &str = "docs/embedding.md";

/// Where the guide's program is built: apart from the workspace, whose dependencies have other features.
const TARGET: &str = "target/embedding";

pub(crate) fn run() -> Result<()> {
    // What is not committed yet is checked like the rest.
    let mut package = cargo(&["package", "--package", "live-domain", "--all-features", "--allow-dirty"]);
    process::run(package.env("CARGO_TARGET_DIR", file(TARGET)))?;
    follow_the_guide()
}

/// Does what the guide says in a folder beside a clone, which it calls `live`.
fn follow_the_guide() -> Result<()> {
    let guide = fs::read_to_string(file(GUIDE)).context(|| format!("cannot read {GUIDE}"))?;
    let folder = ScratchFolder::new("embedding")?;
    symlink(root(), folder.path().join("live")).context(|| "cannot put the workspace beside the program".to_owned())?;
    let script = folder.path().join("guide.sh");
    fs::write(&script, script_of(&guide)).context(|| "cannot write the commands of the guide".to_owned())?;
    let mut bash = process::command("bash");
    bash.args(["-eux"]).arg(script).current_dir(folder.path()).env("CARGO_TARGET_DIR", file(TARGET));
    process::run(&mut bash).context(|| format!("{GUIDE} cannot be followed as it stands"))
}

/// The guide as one script: its commands, and in between its files, each of which begins with its name.
fn script_of(guide: &str) -> String {
    let mut script = Vec::new();
    let mut block = None;
    for line in guide.lines() {
        match (block, line.strip_prefix("```")) {
            (None, language) => block = language,
            (Some("rust"), None) if line.starts_with("// src/") => {
                script.push(format!("cat > {} <<'END OF FILE'", line.trim_start_matches("// ")));
            }
            (Some("rust" | "sh"), None) => script.push(line.to_owned()),
            (Some(language), Some(_)) => {
                script.extend((language == "rust").then(|| "END OF FILE".to_owned()));
                block = None;
            }
            (Some(_), None) => {}
        }
    }
    script.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::script_of;

    #[test]
    fn writes_the_files_and_runs_the_commands_in_their_order() {
        let guide = "Text\n```sh\ncargo new it\n```\n```rust\n// src/main.rs\nfn main() {}\n```\n```text\nno\n```\n\
                     ```sh\ncargo run\n```\n";
        assert_eq!(
            script_of(guide),
            "cargo new it\ncat > src/main.rs <<'END OF FILE'\nfn main() {}\nEND OF FILE\ncargo run\n"
        );
    }
}
