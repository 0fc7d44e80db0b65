//! How many requests are sent, and how fast: budgets, the pause between two, and less of both when the server asks for it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::settings::{
    ACTIVE_BUDGET, BURST_BUDGET, LOGIN_BUDGET, LOGOUT_BUDGET, OPENAPI_BUDGET, OWNED_BUDGET, SEARCH_BUDGET, STREAM_BUDGET,
};

/// What a request is for: each purpose has its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Check,
    /// What only `--active` sends, bursts aside.
    Active,
    /// Looking for the description of the API.
    Search,
    OpenApi,
    Burst,
    /// Objects of another account.
    Owned,
    /// Wrong passwords.
    Login,
    /// Signing out, and what is asked before and behind.
    Logout,
    Stream,
}

impl Purpose {
    /// How many there are.
    const COUNT: usize = Purpose::Stream as usize + 1;

    /// Is the point of it that there are many at once, or that the server may refuse it? Then it is sent once, without a pause, and a
    /// refusal is no sign that the others are too many.
    pub fn provokes(self) -> bool {
        matches!(self, Purpose::Burst | Purpose::Login | Purpose::Stream)
    }

    /// May requests for it carry a credential?
    pub fn may_sign_in(self) -> bool {
        matches!(self, Purpose::Check | Purpose::Active | Purpose::Owned | Purpose::Logout)
    }
}

/// Requests at a time.
const AT_ONCE: u32 = 2;

/// Counts and slows down the requests of one run.
pub(super) struct Pace {
    budget: u32,
    interval: Duration,
    deadline: Instant,
    turns: Semaphore,
    /// When the next request may start.
    next: Mutex<Instant>,
    /// Requests by purpose.
    sent: [AtomicU32; Purpose::COUNT],
    throttled: AtomicU32,
    /// Something else than 429 was answered.
    served: AtomicBool,
    /// After that, 429 was.
    limited: AtomicBool,
}

/// Leave to send one request; the turn ends when it is dropped.
pub(super) struct Turn<'a> {
    _permit: SemaphorePermit<'a>,
}

impl Pace {
    pub fn new(budget: u32, interval: Duration, deadline: Instant) -> Pace {
        Pace {
            budget,
            interval,
            deadline,
            turns: Semaphore::new(AT_ONCE as usize),
            next: Mutex::new(Instant::now()),
            sent: std::array::from_fn(|_| AtomicU32::new(0)),
            throttled: AtomicU32::new(0),
            served: AtomicBool::new(false),
            limited: AtomicBool::new(false),
        }
    }

    /// Waits for its turn. An error says why the request is not sent.
    pub async fn turn(&self, purpose: Purpose, low: bool) -> Result<Turn<'_>, String> {
        // After the first sign that it is too much, one at a time.
        let width = if self.throttled.load(Ordering::Relaxed) > 0 { AT_ONCE } else { 1 };
        let permit = self.turns.acquire_many(width).await.map_err(|error| error.to_string())?;
        if low && self.throttled.load(Ordering::Relaxed) > 1 {
            return Err("throttled: the server limits requests, and this one matters less".to_owned());
        }
        self.count(purpose)?;
        if !purpose.provokes() && !self.interval.is_zero() {
            let start = self.start();
            if start > self.deadline {
                return Err(self.late(purpose));
            }
            tokio::time::sleep_until(start.into()).await;
        }
        if Instant::now() >= self.deadline {
            return Err(self.late(purpose));
        }
        Ok(Turn { _permit: permit })
    }

    /// When this request may start; the next one later.
    fn start(&self) -> Instant {
        let factor = 1 << self.throttled.load(Ordering::Relaxed).min(3);
        let mut next = self.next.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let start = (*next).max(Instant::now());
        *next = start + self.interval * factor;
        start
    }

    /// What was counted is not sent.
    fn late(&self, purpose: Purpose) -> String {
        self.counter(purpose).0.fetch_sub(1, Ordering::Relaxed);
        "the time for the live side is over (--live-timeout)".to_owned()
    }

    /// The requests of a purpose, and how many there may be.
    fn counter(&self, purpose: Purpose) -> (&AtomicU32, u32) {
        let most = match purpose {
            Purpose::Check => self.budget,
            Purpose::Active => ACTIVE_BUDGET,
            Purpose::Search => SEARCH_BUDGET,
            Purpose::OpenApi => OPENAPI_BUDGET,
            Purpose::Burst => BURST_BUDGET,
            Purpose::Owned => OWNED_BUDGET,
            Purpose::Login => LOGIN_BUDGET,
            Purpose::Logout => LOGOUT_BUDGET,
            Purpose::Stream => STREAM_BUDGET,
        };
        (&self.sent[purpose as usize], most)
    }

    /// Counts a request without waiting for a turn. An error says why it is not sent.
    pub fn count(&self, purpose: Purpose) -> Result<(), String> {
        let (counter, most) = self.counter(purpose);
        let more = |count: u32| (count < most).then_some(count + 1);
        match counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) {
            Ok(_) => Ok(()),
            Err(_) => Err(format!("the budget of {most} requests is used up")),
        }
    }

    /// The server said that it was too much.
    pub fn slow_down(&self) {
        self.throttled.fetch_add(1, Ordering::Relaxed);
    }

    /// An answer outside bursts had this status.
    pub fn answered(&self, status: u16) {
        if status != 429 {
            self.served.store(true, Ordering::Relaxed);
        } else if self.served.load(Ordering::Relaxed) {
            self.limited.store(true, Ordering::Relaxed);
        }
    }

    /// Did the server refuse requests as too many, having answered others before? One that refuses from the first on may refuse
    /// this client for what it is.
    pub fn limited(&self) -> bool {
        self.limited.load(Ordering::Relaxed)
    }

    pub fn throttled(&self) -> bool {
        self.throttled.load(Ordering::Relaxed) > 0
    }

    /// Requests sent so far.
    pub fn sent(&self) -> u32 {
        self.sent.iter().map(|counter| counter.load(Ordering::Relaxed)).sum()
    }

    /// Until when everything must be over.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    }

    fn far() -> Instant {
        Instant::now() + Duration::from_secs(3600)
    }

    #[test]
    fn budgets_are_apart_and_hold() {
        let pace = Pace::new(2, Duration::ZERO, far());
        block(async {
            for _ in 0..2 {
                assert!(pace.turn(Purpose::Check, false).await.is_ok());
            }
            assert!(pace.turn(Purpose::Check, false).await.is_err_and(|why| why.contains("budget of 2")));
            for _ in 0..OPENAPI_BUDGET {
                assert!(pace.turn(Purpose::OpenApi, false).await.is_ok());
            }
            assert!(pace.turn(Purpose::OpenApi, false).await.is_err());
            for _ in 0..BURST_BUDGET {
                assert!(pace.turn(Purpose::Burst, false).await.is_ok());
            }
            assert!(pace.turn(Purpose::Burst, false).await.is_err());
        });
        assert_eq!(pace.sent(), 2 + OPENAPI_BUDGET + BURST_BUDGET);
    }

    #[test]
    fn signs_of_too_much_slow_down_and_then_stop_what_matters_less() {
        let pace = Pace::new(10, Duration::from_secs(1), far());
        let first = pace.start();
        assert_eq!(pace.start() - first, Duration::from_secs(1));
        pace.slow_down();
        let slow = pace.start();
        assert_eq!(pace.start() - slow, Duration::from_secs(2));
        let pace = Pace::new(10, Duration::ZERO, far());
        block(async {
            pace.slow_down();
            let turn = pace.turn(Purpose::Check, true).await.ok();
            assert!(turn.is_some());
            assert!(pace.turns.try_acquire().is_err(), "one at a time");
            drop(turn);
            pace.slow_down();
            assert!(pace.turn(Purpose::Check, true).await.is_err_and(|why| why.starts_with("throttled")));
            assert!(pace.turn(Purpose::Check, false).await.is_ok());
        });
    }

    #[test]
    fn nothing_starts_behind_the_deadline() {
        let pace = Pace::new(10, Duration::ZERO, Instant::now());
        assert!(block(pace.turn(Purpose::Check, false)).is_err_and(|why| why.contains("--live-timeout")));
        let pace = Pace::new(10, Duration::from_secs(3600), Instant::now() + Duration::from_secs(60));
        assert!(block(pace.turn(Purpose::Check, false)).is_ok());
        assert!(block(pace.turn(Purpose::Check, false)).is_err(), "no wait for a turn that cannot come");
    }
}
