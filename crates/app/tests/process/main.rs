//! The binary as a process: commands, exit codes, a server that is started, stopped and cut off from its store.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot set up what it needs has failed")]

mod altered;
mod balancer;
mod calendars;
mod clients;
mod commands;
mod cut;
mod dev;
mod doctor;
mod doctor_damage;
mod failover;
mod forget;
mod frozen;
mod gone;
mod history;
mod identity;
mod identity_provider;
mod identity_provider_acceptance;
mod import;
mod import_acceptance;
mod killed;
mod load;
mod logs;
#[cfg(target_os = "linux")]
mod memory_acceptance;
mod message_proxy;
mod metrics;
mod npm;
mod outage;
mod pages;
mod pooler;
mod pooler_acceptance;
mod proxy;
mod raw;
mod register_acceptance;
mod replicas;
mod restart;
mod serve;
mod shell;
mod slow;
mod startup;
mod stop;
mod support;
#[cfg(feature = "otel")]
mod traces;
mod upgrade;
mod walk_acceptance;
#[path = "../identity/web.rs"]
mod web;
