//! The webhook that a server tells of its tasks: an address and the secret that signs what it gets.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use yiju_api::Webhook;

use crate::config::ServeSettings;
use crate::failure::Failure;

/// Time for an answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// Least bytes of a secret, as Standard Webhooks ask.
const LEAST_SECRET: usize = 24;

struct Address {
    url: String,
    key: hmac::Key,
    agent: ureq::Agent,
}

/// The webhook of these settings; `None` where no address is set.
///
/// # Errors
/// The address is none, or the secret is missing or too short.
pub(crate) fn of(settings: &ServeSettings) -> Result<Option<Arc<dyn Webhook>>, Failure> {
    let Some(url) = settings.webhook_url.clone().filter(|url| !url.is_empty()) else {
        return Ok(None);
    };
    if !(url.starts_with("https://") || url.starts_with("http://")) {
        return Err(Failure::new(format!("`{url}` is not an address that can be told"))
            .hint("write it as https://example.org/hooks/yiju"));
    }
    let secret = settings.webhook_secret.clone().unwrap_or_default();
    let bytes = match secret.strip_prefix("whsec_") {
        Some(encoded) => STANDARD.decode(encoded).map_err(|_| {
            Failure::new("the webhook's secret is not base64 after `whsec_`")
                .hint("make one with: printf whsec_; openssl rand -base64 32")
        })?,
        None => secret.into_bytes(),
    };
    if bytes.len() < LEAST_SECRET {
        return Err(Failure::new(format!(
            "the webhook's secret has {} bytes, and must have {LEAST_SECRET} or more",
            bytes.len()
        ))
        .hint("set YIJU_WEBHOOK_SECRET to `whsec_` and the output of: openssl rand -base64 32"));
    }
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false)
        .max_redirects(0)
        .build();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
    Ok(Some(Arc::new(Address { url, key, agent: agent.into() })))
}

impl Webhook for Address {
    fn deliver(&self, headers: &[(&'static str, String)], body: &[u8]) -> Result<u16, String> {
        let mut request = self.agent.post(&self.url);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let answer = request.send(body).map_err(|error| error.to_string())?;
        Ok(answer.status().as_u16())
    }

    fn sign(&self, message: &[u8]) -> [u8; 32] {
        let mut signature = [0; 32];
        let tag = hmac::sign(&self.key, message);
        for (to, from) in signature.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        signature
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str, secret: &str) -> ServeSettings {
        ServeSettings {
            webhook_url: Some(url.into()),
            webhook_secret: Some(secret.into()),
            ..ServeSettings::default()
        }
    }

    /// The example of the specification (standard-webhooks/spec, "Signature scheme").
    #[test]
    fn messages_are_signed_as_standard_webhooks_are() {
        let of = of(&settings("https://example.org", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
        let message = r#"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}"#;
        let signature = STANDARD.encode(of.unwrap().unwrap().sign(message.as_bytes()));
        assert_eq!(signature, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_cannot_work_is_refused() {
        assert!(of(&ServeSettings::default()).unwrap().is_none());
        for (url, secret) in [
            ("ftp://example.org", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            ("https://example.org", ""),
            ("https://example.org", "short"),
            ("https://example.org", "whsec_%%%"),
        ] {
            assert!(of(&settings(url, secret)).is_err(), "{url} {secret}");
        }
    }
}
