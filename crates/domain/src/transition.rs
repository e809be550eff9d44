//! The life of a session: `scheduled -> live -> ended`, or `scheduled -> cancelled`.

use std::fmt;

use crate::session::{Session, SessionStatus};
use crate::text::{RecordingUrl, StreamCallId};
use crate::timestamp::Timestamp;

/// A step in the life of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transition {
    /// `scheduled -> live`: sets `started_at`.
    Start {
        /// The call at the streaming provider, where it is known by now.
        stream_call_id: Option<StreamCallId>,
    },
    /// `live -> ended`: sets `ended_at`.
    End {
        /// Where the recording is, where it is known by now.
        recording_url: Option<RecordingUrl>,
    },
    /// `scheduled -> cancelled`.
    Cancel,
}

/// The step is not possible from where the session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotPossible {
    /// Where the session stands.
    pub from: SessionStatus,
}

impl fmt::Display for NotPossible {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the session is {}; ", self.from.as_str())?;
        match successors(self.from) {
            [] => formatter.write_str("nothing can follow"),
            [only] => write!(formatter, "only {} can follow", only.as_str()),
            several => {
                let names: Vec<_> = several.iter().map(|status| status.as_str()).collect();
                write!(formatter, "{} can follow", names.join(" or "))
            }
        }
    }
}

impl std::error::Error for NotPossible {}

/// What can follow a status.
#[must_use]
pub fn successors(status: SessionStatus) -> &'static [SessionStatus] {
    match status {
        SessionStatus::Scheduled => &[SessionStatus::Live, SessionStatus::Cancelled],
        SessionStatus::Live => &[SessionStatus::Ended],
        SessionStatus::Ended | SessionStatus::Cancelled => &[],
    }
}

impl Transition {
    /// Where it leads to.
    #[must_use]
    pub fn target(&self) -> SessionStatus {
        match self {
            Self::Start { .. } => SessionStatus::Live,
            Self::End { .. } => SessionStatus::Ended,
            Self::Cancel => SessionStatus::Cancelled,
        }
    }

    /// The session after the step, taken `now`. None: it is there already, and stays as it is.
    ///
    /// # Errors
    ///
    /// [`NotPossible`] from any other status than the one before.
    pub fn apply(&self, session: &Session, now: Timestamp) -> Result<Option<Session>, NotPossible> {
        let target = self.target();
        if session.status == target {
            return Ok(None);
        }
        if !successors(session.status).contains(&target) {
            return Err(NotPossible { from: session.status });
        }
        let mut after = Session { status: target, ..session.clone() };
        match self {
            Self::Start { stream_call_id } => {
                after.started_at = Some(now);
                // An import may have left one: what begins has not ended.
                after.ended_at = None;
                after.stream_call_id = stream_call_id.clone().or(after.stream_call_id);
            }
            Self::End { recording_url } => {
                // However the clocks of two machines differ, it does not end before it began.
                after.ended_at = Some(session.started_at.map_or(now, |started| started.max(now)));
                after.recording_url = recording_url.clone().or(after.recording_url);
            }
            Self::Cancel => {}
        }
        Ok(Some(after.touched(now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::fixtures::{minutes, now, session};
    use crate::listing::Variants;
    use crate::session::SessionStatus::{Cancelled, Ended, Live, Scheduled};

    fn at(status: SessionStatus) -> Session {
        Session { status, ..session(1) }
    }

    fn steps() -> [Transition; 3] {
        [Transition::Start { stream_call_id: None }, Transition::End { recording_url: None }, Transition::Cancel]
    }

    #[test]
    fn exactly_three_steps_are_possible_and_three_change_nothing() {
        let mut possible = Vec::new();
        for from in SessionStatus::ALL {
            for step in steps() {
                match step.apply(&at(*from), now()) {
                    Ok(Some(after)) => possible.push((*from, after.status)),
                    Ok(None) => assert_eq!(*from, step.target()),
                    Err(refused) => assert_eq!(refused.from, *from),
                }
            }
        }
        assert_eq!(possible, [(Scheduled, Live), (Scheduled, Cancelled), (Live, Ended)]);
    }

    #[test]
    fn a_refusal_names_the_state_and_what_is_possible() {
        let text = |from| NotPossible { from }.to_string();
        assert_eq!(text(SessionStatus::Scheduled), "the session is scheduled; live or cancelled can follow");
        assert_eq!(text(SessionStatus::Live), "the session is live; only ended can follow");
        assert_eq!(text(SessionStatus::Ended), "the session is ended; nothing can follow");
    }

    #[test]
    fn a_start_takes_the_call_and_the_time_and_moves_updated_at() {
        let call: StreamCallId = "call-1".parse().unwrap();
        let before = Session { updated_at: minutes(5), ended_at: Some(minutes(-9)), ..session(1) };
        let start = Transition::Start { stream_call_id: Some(call.clone()) };
        let after = start.apply(&before, now()).unwrap().unwrap();
        assert_eq!((after.started_at, after.ended_at, &after.stream_call_id), (Some(now()), None, &Some(call)));
        assert!(after.updated_at > before.updated_at, "a clock that is behind moves it too");
    }

    #[test]
    fn a_step_that_names_no_call_or_recording_keeps_what_is_there() {
        let before = Session {
            stream_call_id: Some("call-1".parse().unwrap()),
            recording_url: Some("https://video.example/1".parse().unwrap()),
            ..session(1)
        };
        let live = Transition::Start { stream_call_id: None }.apply(&before, now()).unwrap().unwrap();
        let ended = Transition::End { recording_url: None }.apply(&live, now()).unwrap().unwrap();
        assert_eq!((ended.stream_call_id, ended.recording_url), (before.stream_call_id, before.recording_url));
    }

    #[test]
    fn an_end_is_never_before_its_start() {
        let live = Session { started_at: Some(minutes(1)), ..at(SessionStatus::Live) };
        let end = Transition::End { recording_url: None };
        assert_eq!(end.apply(&live, now()).unwrap().unwrap().ended_at, Some(minutes(1)));
    }
}
