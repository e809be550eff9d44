//! The examples below the help of each command. Each is a line to type.

/// The examples of each command, by the words that name it.
const EXAMPLES: &[(&str, &[&str])] = &[
    ("live", &["live dev", "live serve --help", "live token --sub ada"]),
    ("live dev", &["live dev", "live dev --bind 127.0.0.1:9000 --database-url sqlite:/tmp/try.db"]),
    (
        "live serve",
        &[
            "live serve --database-url postgres://live@db.example/live --auth-jwks https://issuer.example/jwks.json",
            "live serve --bind 0.0.0.0:8080 --auth-hs256-secret-file /run/secrets/live-hs256",
        ],
    ),
    ("live migrate", &["live migrate", "live migrate --check --database-url postgres://live@db.example/live"]),
    ("live import", &["live import sessions sessions.ndjson", "live import registrations registrations.ndjson"]),
    (
        "live import sessions",
        &["live import sessions sessions.ndjson", "gunzip -c sessions.gz | live import sessions -"],
    ),
    (
        "live import registrations",
        &["live import registrations registrations.ndjson", "gunzip -c registrations.gz | live import registrations -"],
    ),
    ("live export", &["live export sessions > sessions.ndjson", "live export registrations > registrations.ndjson"]),
    ("live export sessions", &["live export sessions > sessions.ndjson", "live export sessions | head"]),
    ("live export registrations", &["live export registrations > registrations.ndjson"]),
    ("live token", &["live token --sub ada", "live token --sub ada --brand acme --scope write:live --ttl 7days"]),
    ("live forget", &["live forget --sub ada"]),
    ("live subject", &["live subject --sub ada"]),
    ("live openapi", &["live openapi > openapi.json"]),
    ("live healthcheck", &["live healthcheck", "live healthcheck --bind 127.0.0.1:9000"]),
    ("live doctor", &["live doctor", "live doctor --repair"]),
    (
        "live completions",
        &[
            "live completions bash > ~/.local/share/bash-completion/completions/live",
            "live completions zsh > ~/.zfunc/_live",
            "live completions fish > ~/.config/fish/completions/live.fish",
        ],
    ),
    ("live manual", &["live manual | man -l -", "live manual > ~/.local/share/man/man1/live.1"]),
];

/// What an example does not say by itself.
const NOTES: &[(&str, &str)] = &[
    (
        "live completions",
        "The folder must be there (`mkdir -p`), and the next shell completes. In zsh the folder must be in the search path: \
         `fpath+=(~/.zfunc)` in ~/.zshrc, before `compinit`. For all users: /usr/share/bash-completion/completions/live, \
         /usr/share/zsh/vendor-completions/_live, /usr/share/fish/vendor_completions.d/live.fish.",
    ),
    (
        "live manual",
        "With the page in that folder, `man live` shows it. For all users: /usr/local/share/man/man1/live.1.",
    ),
];

/// The examples of a command.
pub(super) fn of(path: &str) -> impl Iterator<Item = &'static str> {
    EXAMPLES.iter().filter(move |(command, _)| *command == path).flat_map(|(_, lines)| lines.iter().copied())
}

/// What is to be said of the examples of a command.
pub(super) fn note(path: &str) -> Option<&'static str> {
    NOTES.iter().find(|(command, _)| *command == path).map(|(_, note)| *note)
}

/// Both, as they stand below its help.
pub(super) fn below(path: &str) -> String {
    let text = of(path).fold(String::from("Examples:"), |text, line| text + "\n  " + line);
    note(path).into_iter().fold(text, |text, note| text + "\n\n" + note)
}
