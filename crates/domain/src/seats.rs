//! The seats of a session: who gets one, who waits, and who moves up.
//!
//! These are the rules that a store executes while it holds the session's counter, so that they are true however many
//! come at once: `registered` never exceeds the capacity, the line is first come, first served, and a seat that gets free
//! goes to the first of the line. Nobody is promoted once the session has ended or is cancelled.

use time::Duration;

use crate::registration::RegistrationStatus;
use crate::session::MaxParticipants;
use crate::timestamp::Timestamp;

/// The seats of one session, as they are while its counter is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seats {
    /// How many there are.
    pub capacity: MaxParticipants,
    /// How many are taken.
    pub registered: u32,
    /// How many people wait for one.
    pub waiting: u32,
    /// The latest instant at which anybody took their place in the line; none: nobody ever did.
    pub latest: Option<Timestamp>,
}

/// What becomes of one who registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admission {
    /// So many of those who wait get a seat first: an import may have left seats free beside a line.
    pub promoted: u32,
    /// A seat, or a place in the line.
    pub status: RegistrationStatus,
    /// Later than every earlier one of the session.
    pub registered_at: Timestamp,
    /// The 1-based place among the waiting; none with a seat.
    pub position: Option<u32>,
}

/// What follows when one gives up their seat or place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release {
    /// So many of those who wait get a seat that was free before.
    pub promoted_before: u32,
    /// So many then get the seat that was given up.
    pub promoted_after: u32,
}

impl Seats {
    /// How many seats are free.
    #[must_use]
    pub fn free(&self) -> u32 {
        self.capacity.get().saturating_sub(self.registered)
    }

    /// Gives the free seats to the first of the line, and says to how many.
    pub fn promote(&mut self) -> u32 {
        let promoted = self.free().min(self.waiting);
        self.registered += promoted;
        self.waiting -= promoted;
        promoted
    }

    /// Takes in one more, at the end of the line.
    pub fn admit(&mut self, now: Timestamp) -> Admission {
        let promoted = self.promote();
        let registered_at = self.latest.map_or(now, |latest| now.max(latest.later_by(Duration::MICROSECOND)));
        self.latest = Some(registered_at);
        let (status, position) = if self.free() > 0 {
            self.registered += 1;
            (RegistrationStatus::Registered, None)
        } else {
            self.waiting += 1;
            (RegistrationStatus::Waitlist, Some(self.waiting))
        };
        Admission { promoted, status, registered_at, position }
    }

    /// Lets one go who holds a registration of that status. `is_open`: the session still gives seats.
    pub fn release(&mut self, status: RegistrationStatus, is_open: bool) -> Release {
        match status {
            RegistrationStatus::Registered => {
                let promoted_before = if is_open { self.promote() } else { 0 };
                self.registered = self.registered.saturating_sub(1);
                let promoted_after = if is_open { self.promote() } else { 0 };
                Release { promoted_before, promoted_after }
            }
            RegistrationStatus::Waitlist => {
                self.waiting = self.waiting.saturating_sub(1);
                Release { promoted_before: 0, promoted_after: 0 }
            }
            RegistrationStatus::Cancelled => Release { promoted_before: 0, promoted_after: 0 },
        }
    }

    /// Changes how many seats there are, and says how many of the line get one.
    ///
    /// # Errors
    ///
    /// [`SeatsTaken`] when more are taken than there would be; nothing changed.
    pub fn resize(&mut self, capacity: MaxParticipants) -> Result<u32, SeatsTaken> {
        if capacity.get() < self.registered {
            return Err(SeatsTaken { registered: self.registered });
        }
        self.capacity = capacity;
        Ok(self.promote())
    }
}

/// More seats are taken than there would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{registered} are registered: there cannot be fewer seats")]
pub struct SeatsTaken {
    /// How many are taken.
    pub registered: u32,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;
    use crate::registration::RegistrationStatus::{Registered, Waitlist};

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros).unwrap()
    }

    fn seats(capacity: u32, registered: u32, waiting: u32) -> Seats {
        Seats { capacity: MaxParticipants::new(capacity).unwrap(), registered, waiting, latest: None }
    }

    #[test]
    fn the_first_get_seats_and_the_rest_wait_in_order() {
        let mut seats = seats(1, 0, 0);
        let first = seats.admit(at(7));
        assert_eq!(first, Admission { promoted: 0, status: Registered, registered_at: at(7), position: None });
        let second = seats.admit(at(5));
        assert_eq!(second, Admission { promoted: 0, status: Waitlist, registered_at: at(8), position: Some(1) });
        assert_eq!(seats.admit(at(9)).position, Some(2));
    }

    #[test]
    fn who_waits_beside_a_free_seat_gets_it_before_a_newcomer() {
        let mut imported = seats(2, 0, 2);
        let admission = imported.admit(at(0));
        assert_eq!((admission.promoted, admission.position), (2, Some(1)));
    }

    #[test]
    fn a_seat_given_up_goes_to_the_first_of_the_line_while_the_session_is_open() {
        assert_eq!(seats(1, 1, 1).release(Registered, true), Release { promoted_before: 0, promoted_after: 1 });
        assert_eq!(seats(3, 1, 9).release(Registered, true), Release { promoted_before: 2, promoted_after: 1 });
        assert_eq!(seats(1, 1, 1).release(Registered, false), Release { promoted_before: 0, promoted_after: 0 });
        assert_eq!(seats(3, 1, 9).release(Waitlist, true), Release { promoted_before: 0, promoted_after: 0 });
    }

    #[test]
    fn there_are_never_fewer_seats_than_are_taken() {
        let mut taken = seats(5, 3, 2);
        assert_eq!(taken.resize(MaxParticipants::new(2).unwrap()), Err(SeatsTaken { registered: 3 }));
        assert_eq!(taken, seats(5, 3, 2));
        assert_eq!(taken.resize(MaxParticipants::new(4).unwrap()), Ok(1));
        assert_eq!((taken.registered, taken.waiting), (4, 1));
    }

    /// What happens to a session that is open.
    #[derive(Debug, Clone)]
    enum Step {
        Enter,
        /// One of those who have a seat or wait.
        Leave(Index),
        Resize(u32),
    }

    fn any_step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => Just(Step::Enter),
            2 => any::<Index>().prop_map(Step::Leave),
            1 => (1_u32..6).prop_map(Step::Resize),
        ]
    }

    /// Gives seats to the first who wait, as a store does.
    fn promote(line: &mut [RegistrationStatus], promoted: u32) {
        for _ in 0..promoted {
            *line.iter_mut().find(|status| **status == Waitlist).expect("somebody waits") = Registered;
        }
    }

    fn count(line: &[RegistrationStatus], status: RegistrationStatus) -> u32 {
        u32::try_from(line.iter().filter(|one| **one == status).count()).unwrap()
    }

    /// Does to the line what the seats say, as a store does.
    fn take(step: &Step, seats: &mut Seats, line: &mut Vec<RegistrationStatus>) {
        match step {
            Step::Enter => {
                let latest = seats.latest;
                let admission = seats.admit(at(0));
                promote(line, admission.promoted);
                line.push(admission.status);
                let waits = admission.status == Waitlist;
                assert_eq!(admission.position, waits.then(|| count(line, Waitlist)));
                assert!(latest < Some(admission.registered_at));
            }
            Step::Leave(_) if line.is_empty() => {}
            Step::Leave(index) => {
                let place = index.index(line.len());
                let release = seats.release(line[place], true);
                promote(line, release.promoted_before);
                line.remove(place);
                promote(line, release.promoted_after);
            }
            Step::Resize(capacity) => {
                let capacity = MaxParticipants::new(*capacity).unwrap();
                let (before, registered) = (*seats, count(line, Registered));
                match seats.resize(capacity) {
                    Ok(promoted) => {
                        promote(line, promoted);
                        assert_eq!(seats.capacity, capacity);
                    }
                    Err(taken) => {
                        assert!(capacity.get() < registered);
                        assert_eq!((taken, *seats), (SeatsTaken { registered }, before));
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn the_first_of_the_line_have_all_the_seats(
            capacity in 1_u32..6,
            steps in prop::collection::vec(any_step(), 0..60),
        ) {
            let (mut seats, mut line) = (seats(capacity, 0, 0), Vec::new());
            for step in steps {
                take(&step, &mut seats, &mut line);
                let first = line.len().min(usize::try_from(seats.capacity.get()).unwrap());
                let expected = [vec![Registered; first], vec![Waitlist; line.len() - first]].concat();
                prop_assert_eq!(&line, &expected);
                prop_assert_eq!((seats.registered, seats.waiting), (count(&line, Registered), count(&line, Waitlist)));
            }
        }
    }
}
