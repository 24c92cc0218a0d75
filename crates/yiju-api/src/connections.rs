//! The connections that are open: who may stay when there is room for no more.
//!
//! A server that stops accepting lets whoever opens many connections shut all others out, its health checks included.
//! This one closes the connection that has had nothing to do for longest, of the address that has most of them, and
//! takes the new one. Where all have something to do, a few spare ones are taken for health checks.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::share::Share;

/// Connections beyond the limit that only serve health checks and metrics.
const SPARE: usize = 32;

/// A client that has taken none of its answer for so long may be closed to make room.
const STALLED: Duration = Duration::from_secs(5);

/// The open connections.
#[derive(Debug)]
pub(crate) struct Connections {
    most: usize,
    began: Instant,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    all: HashMap<u64, Arc<Connection>>,
}

/// One connection, as its own tasks see it.
#[derive(Debug)]
pub(crate) struct Connection {
    share: Share,
    began: Instant,
    /// Requests that are being answered, the sending of their answers included.
    busy: AtomicUsize,
    /// When it last had something to do, in milliseconds from `began`.
    idle_since: AtomicU64,
    /// Since when the client has taken nothing of an answer, in the same way; 0 while it takes.
    stalled_since: AtomicU64,
    closed: Notify,
    /// Whether a request was answered before all of it was read.
    unread: AtomicBool,
    /// Whether it was taken although there was no room: for health checks only.
    spare: bool,
}

/// A connection's place, given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    connections: Arc<Connections>,
    number: u64,
    pub(crate) connection: Arc<Connection>,
}

impl Connections {
    /// Room for `most` connections and a few spare ones.
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most: most.max(1), began: Instant::now(), open: Mutex::default() })
    }

    /// Takes a new connection, closing another where there is no room; `None` where none can be closed and the spare
    /// ones are taken.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut open = self.lock();
        let mut spare = false;
        if open.all.len() >= self.most {
            // It leaves the list at once: the next one must not choose it again.
            match open.least_needed(self.now()) {
                Some(number) => {
                    if let Some(connection) = open.all.remove(&number) {
                        connection.closed.notify_one();
                    }
                }
                None => spare = true,
            }
        }
        if open.all.len() >= self.most.saturating_add(SPARE) {
            return None;
        }
        let number = open.next;
        open.next += 1;
        let connection = Arc::new(Connection {
            share: Share::of_address(Some(address)),
            began: self.began,
            busy: AtomicUsize::new(0),
            idle_since: AtomicU64::new(self.now()),
            stalled_since: AtomicU64::new(0),
            closed: Notify::new(),
            unread: AtomicBool::new(false),
            spare,
        });
        open.all.insert(number, Arc::clone(&connection));
        drop(open);
        Some(Place { connections: Arc::clone(self), number, connection })
    }

    fn now(&self) -> u64 {
        millis_since(self.began)
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// The connection to close: of those that need not stay, one of the address with the most connections, and of these
    /// the one that has been so for longest.
    fn least_needed(&self, now: u64) -> Option<u64> {
        let mut of_share: HashMap<&Share, usize> = HashMap::new();
        for connection in self.all.values() {
            *of_share.entry(&connection.share).or_default() += 1;
        }
        let unneeded = self.all.iter().filter_map(|(number, connection)| {
            Some((number, connection, connection.unneeded_since(now)?))
        });
        let least = unneeded.min_by_key(|(number, connection, since)| {
            (std::cmp::Reverse(of_share.get(&connection.share).copied()), *since, **number)
        });
        least.map(|(number, ..)| *number)
    }
}

impl Connection {
    /// Whether it was taken for health checks only.
    pub(crate) fn is_spare(&self) -> bool {
        self.spare
    }

    /// Says that a request was answered before all of it was read.
    pub(crate) fn leave_unread(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }

    /// Whether a request was answered before all of it was read.
    pub(crate) fn left_unread(&self) -> bool {
        self.unread.load(Ordering::Relaxed)
    }

    /// Ends when the connection is to be closed to make room.
    pub(crate) async fn closed(&self) {
        self.closed.notified().await;
    }

    /// Counts a request until the value is dropped.
    pub(crate) fn busy(self: &Arc<Self>) -> Busy {
        self.busy.fetch_add(1, Ordering::SeqCst);
        Busy(Arc::clone(self))
    }

    /// Says whether the client takes what is sent to it.
    pub(crate) fn takes(&self, takes: bool) {
        let since = if takes { 0 } else { millis_since(self.began).max(1) };
        self.stalled_since.store(since, Ordering::Relaxed);
    }

    /// Since when it need not stay; `None` if it must.
    fn unneeded_since(&self, now: u64) -> Option<u64> {
        let stalled = self.stalled_since.load(Ordering::Relaxed);
        if stalled > 0 && now.saturating_sub(stalled) >= STALLED.as_millis() as u64 {
            return Some(stalled);
        }
        let idle = self.busy.load(Ordering::SeqCst) == 0 && stalled == 0;
        idle.then(|| self.idle_since.load(Ordering::Relaxed))
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct Busy(Arc<Connection>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.idle_since.store(millis_since(self.0.began), Ordering::Relaxed);
        self.0.busy.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.lock().all.remove(&self.number);
    }
}

fn millis_since(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    #[tokio::test]
    async fn the_longest_idle_one_of_who_has_most_makes_room() {
        let connections = Connections::new(3);
        let places: Vec<Place> = [1, 1, 2]
            .into_iter()
            .map(|last| {
                let place = connections.enter(address(last)).unwrap();
                std::thread::sleep(Duration::from_millis(2));
                place
            })
            .collect();
        let busy = places[0].connection.busy();
        let new = connections.enter(address(3)).unwrap();
        assert!(!new.connection.is_spare());
        // The first is busy, and the third is the only one of its address.
        tokio::time::timeout(Duration::from_secs(60), places[1].connection.closed()).await.unwrap();
        drop(busy);
    }

    #[test]
    fn where_all_are_busy_a_few_are_taken_for_health_checks() {
        let connections = Connections::new(1);
        let place = connections.enter(address(1)).unwrap();
        let busy = place.connection.busy();
        let spare: Vec<(Place, Busy)> = (0..SPARE)
            .map(|_| {
                let place = connections.enter(address(2)).unwrap();
                assert!(place.connection.is_spare());
                let busy = place.connection.busy();
                (place, busy)
            })
            .collect();
        assert!(connections.enter(address(3)).is_none());
        drop((spare, busy));
        // The first one is idle now.
        assert!(!connections.enter(address(3)).unwrap().connection.is_spare());
        drop(place);
    }

    #[test]
    fn one_that_takes_nothing_of_its_answer_need_not_stay() {
        let connections = Connections::new(1);
        let place = connections.enter(address(1)).unwrap();
        let _busy = place.connection.busy();
        place.connection.takes(false);
        let now = connections.now();
        assert_eq!(place.connection.unneeded_since(now), None);
        let later = now + STALLED.as_millis() as u64 + 2;
        assert!(place.connection.unneeded_since(later).is_some());
        place.connection.takes(true);
        assert_eq!(place.connection.unneeded_since(later), None);
    }
}
