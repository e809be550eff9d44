# Short names; `cargo xtask --help` says what is behind them.

# List the recipes
default:
    @just --list

# Run the service on this machine, with data to look at
dev *arguments:
    cargo run -- dev {{arguments}}

# Run every test against a throwaway PostgreSQL
test *arguments:
    cargo xtask test {{arguments}}

# Run the acceptance tests at their full sizes
acceptance *arguments:
    cargo xtask acceptance {{arguments}}

# Measure the service beside what the database can do by itself
bench *arguments:
    cargo xtask bench {{arguments}}

# Measure single steps of a request
microbench *arguments:
    cargo xtask microbench -- {{arguments}}

# Run a command beside a throwaway PostgreSQL
postgres +command:
    cargo xtask postgres -- {{command}}

# Format the code
format:
    cargo fmt --all

# Check formatting, clippy and rustdoc
lint:
    cargo xtask lint

# Check the dependencies
deps *arguments:
    cargo xtask deps {{arguments}}

# Check what is in deploy/
deploy:
    cargo xtask deploy

# Write docs/openapi.json
openapi *arguments:
    cargo xtask openapi {{arguments}}

# Package live-domain, and follow docs/embedding.md
embedding:
    cargo xtask embedding

# Refuse an API that breaks a client of the last released version
compatibility:
    cargo xtask compatibility

# Run every command of README.md and of docs/
docs *pages:
    cargo xtask docs {{pages}}

# Roll from the last released version to this one
upgrade:
    cargo xtask upgrade

# Run everything that has to pass before a change is merged
ci:
    .ci/run
