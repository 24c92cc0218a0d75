//! Telling another program that a task has ended.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

/// Delivers messages to the address that the operator has set, signed with the operator's secret.
pub trait Webhook: Send + Sync {
    /// Sends a message as the body of a POST with `headers`, and returns the status of the answer. Blocks.
    ///
    /// # Errors
    /// No answer came; in words.
    fn deliver(&self, headers: &[(&'static str, String)], body: &[u8]) -> Result<u16, String>;

    /// The signature of a message: its HMAC-SHA256 with the secret, 32 bytes.
    fn sign(&self, message: &[u8]) -> [u8; 32];
}

/// Waits between attempts.
const ATTEMPTS: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_secs(2),
    Duration::from_secs(10),
    Duration::from_secs(60),
    Duration::from_secs(300),
];

/// Delivers the JSON of a task that has ended, as Standard Webhooks have it: the headers `webhook-id`,
/// `webhook-timestamp` and `webhook-signature`, which signs all three. Tried again after anything but a status of 2xx, and
/// given up with a line in the log.
pub(super) async fn deliver(webhook: Arc<dyn Webhook>, id: String, body: Vec<u8>) {
    let body = Arc::new(body);
    let mut last = String::new();
    for wait in ATTEMPTS {
        tokio::time::sleep(wait).await;
        let time = Timestamp::now().as_second();
        let (webhook, id, body) = (Arc::clone(&webhook), id.clone(), Arc::clone(&body));
        let sent = tokio::task::spawn_blocking(move || {
            let headers = headers(&*webhook, &id, time, &body);
            webhook.deliver(&headers, &body)
        });
        last = match sent.await {
            Ok(Ok(status)) if (200..300).contains(&status) => return,
            Ok(Ok(status)) => format!("status {status}"),
            Ok(Err(error)) => error,
            Err(error) => error.to_string(),
        };
        tracing::debug!(cause = last, "the webhook did not take a message");
    }
    tracing::error!(task = id, cause = last, "the webhook was not told that the task has ended");
}

fn headers(webhook: &dyn Webhook, id: &str, time: i64, body: &[u8]) -> [(&'static str, String); 4] {
    use base64::Engine as _;
    let mut message = format!("{id}.{time}.").into_bytes();
    message.extend_from_slice(body);
    let signature = base64::engine::general_purpose::STANDARD.encode(webhook.sign(&message));
    [
        ("content-type", "application/json".to_owned()),
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", time.to_string()),
        ("webhook-signature", format!("v1,{signature}")),
    ]
}
