//! Documents on their way in: bounded by the bytes that have come, not by the number of senders, so that those who stop
//! in the middle shut nobody out.

use std::collections::HashMap;
use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::BoxError;
use axum::body::Body;
use futures_util::{StreamExt, stream};

use crate::error::ApiError;
use crate::share::Share;

/// The bytes of all documents in memory that are not taken in yet.
#[derive(Debug)]
pub(crate) struct Bodies {
    most: usize,
    held: Mutex<HashMap<Share, usize>>,
}

impl Bodies {
    /// Room for `most` bytes, of which one caller gets half.
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, held: Mutex::default() })
    }

    /// A body of this caller, none of which has come yet.
    pub(crate) fn begin(self: &Arc<Self>, share: &Share) -> Held {
        let room =
            Room { bodies: Arc::clone(self), share: share.clone(), bytes: AtomicUsize::new(0) };
        Held(Arc::new(room))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Share, usize>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one body holds of the room.
#[derive(Debug)]
struct Room {
    bodies: Arc<Bodies>,
    share: Share,
    bytes: AtomicUsize,
}

impl Room {
    fn take(&self, more: usize) -> Result<(), Broken> {
        let most = self.bodies.most;
        let mut held = self.bodies.lock();
        let all: usize = held.values().sum();
        let own = held.get(&self.share).copied().unwrap_or(0);
        if all.saturating_add(more) > most || own.saturating_add(more) > most / 2 {
            return Err(Broken::NoRoom { most });
        }
        held.insert(self.share.clone(), own + more);
        self.bytes.fetch_add(more, Ordering::Relaxed);
        Ok(())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let bytes = self.bytes.load(Ordering::Relaxed);
        let mut held = self.bodies.lock();
        let left = held.get(&self.share).map_or(0, |own| own.saturating_sub(bytes));
        match left {
            0 => drop(held.remove(&self.share)),
            left => drop(held.insert(self.share.clone(), left)),
        }
    }
}

/// The room of a body; given back when the last clone is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Held(Arc<Room>);

impl Held {
    /// The body, which takes room as it comes. It breaks off where there is no more, or nothing comes for `patience`;
    /// [`broken`] knows the error.
    pub(crate) fn watch(&self, body: Body, patience: Duration) -> Body {
        let room = Arc::clone(&self.0);
        let chunks = stream::unfold(Some(body.into_data_stream()), move |chunks| {
            let room = Arc::clone(&room);
            async move {
                let mut chunks = chunks?;
                let Ok(next) = tokio::time::timeout(patience, chunks.next()).await else {
                    return Some((Err(BoxError::from(Broken::Stalled { patience })), None));
                };
                Some(match next? {
                    Ok(bytes) => match room.take(bytes.len()) {
                        Ok(()) => (Ok(bytes), Some(chunks)),
                        Err(broken) => (Err(broken.into()), None),
                    },
                    Err(error) => (Err(error.into()), None),
                })
            }
        });
        Body::from_stream(chunks)
    }
}

/// Why a body was not read to its end.
#[derive(Clone, Copy, Debug, thiserror::Error)]
enum Broken {
    #[error("nothing came for {} s", patience.as_secs_f64())]
    Stalled { patience: Duration },
    #[error("documents that wait to be taken in hold all of {most} bytes")]
    NoRoom { most: usize },
}

/// The error to answer where a body broke off by what [`Held::watch`] saw; `None` for other errors.
pub(crate) fn broken(error: &(dyn Error + 'static)) -> Option<ApiError> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        match error.downcast_ref::<Broken>() {
            Some(Broken::Stalled { patience }) => {
                return Some(ApiError::stalled(patience.as_secs_f64()));
            }
            Some(Broken::NoRoom { most }) => return Some(ApiError::no_room(*most)),
            None => cause = error.source(),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;
    use crate::codes::ErrorCode;

    const PATIENCE: Duration = Duration::from_millis(20);

    async fn read(held: &Held, bytes: usize) -> Result<usize, ErrorCode> {
        let body = held.watch(Body::from(vec![b'a'; bytes]), PATIENCE);
        let read = to_bytes(body, usize::MAX).await;
        read.map(|bytes| bytes.len()).map_err(|error| broken(&error).unwrap().code())
    }

    #[tokio::test]
    async fn room_is_shared_and_given_back() {
        let bodies = Bodies::new(100);
        let (one, other) = (Share::Local, Share::Key("other".into()));
        let first = bodies.begin(&one);
        assert_eq!(read(&first, 50).await, Ok(50));
        let second = bodies.begin(&one);
        assert_eq!(read(&second, 1).await, Err(ErrorCode::TooManyRequests), "half is one's share");
        let third = bodies.begin(&other);
        assert_eq!(read(&third, 50).await, Ok(50));
        drop(first);
        assert_eq!(read(&second, 50).await, Ok(50));
        drop((second, third));
        assert!(bodies.lock().is_empty());
    }

    #[tokio::test]
    async fn a_body_that_stops_breaks_off_and_holds_only_what_came() {
        let bodies = Bodies::new(100);
        let held = bodies.begin(&Share::Local);
        let first = stream::iter([Ok::<_, BoxError>(axum::body::Bytes::from_static(b"abc"))]);
        let body = Body::from_stream(first.chain(stream::pending()));
        let error = to_bytes(held.watch(body, PATIENCE), usize::MAX).await.unwrap_err();
        assert_eq!(broken(&error).unwrap().code(), ErrorCode::Timeout);
        assert_eq!(bodies.lock()[&Share::Local], 3);
        drop(held);
        assert!(bodies.lock().is_empty());
    }
}
