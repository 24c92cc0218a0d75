//! Where an endpoint is.

use hyper::Uri;

use crate::WriterError;

/// An endpoint's address, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// The whole address of its chat completions.
    pub(super) url: String,
    /// Whether it is reached with TLS.
    pub(super) secure: bool,
    /// Its name or IP address; one of IPv6 without brackets.
    pub(super) host: String,
    /// Its port.
    pub(super) port: u16,
    /// Host and port as a client sends them.
    pub(super) authority: String,
    /// The path of its chat completions, with what follows a question mark.
    pub(super) path: String,
}

impl Address {
    /// Reads the base address of an API (`http://127.0.0.1:11434/v1`), or the address of its chat completions.
    ///
    /// # Errors
    /// It is no address of HTTP, or holds a password.
    pub(super) fn read(url: &str) -> Result<Self, WriterError> {
        let bad = |shown: &str, reason: &str| WriterError::Address {
            url: shown.to_owned(),
            reason: reason.to_owned(),
        };
        let url = url.trim();
        let uri: Uri = url.parse().map_err(|_| bad(url, "it is no address of the web"))?;
        let secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(bad(url, "it must begin with http:// or https://")),
        };
        let Some(authority) = uri.authority().filter(|one| !one.host().is_empty()) else {
            return Err(bad(url, "it names no host"));
        };
        if authority.as_str().contains('@') {
            return Err(bad(
                authority.host(),
                "it holds a name or password; the key is taken from YIJU_WRITER_KEY",
            ));
        }
        let mut path = uri.path().trim_end_matches('/').to_owned();
        if !path.ends_with("/chat/completions") {
            path.push_str("/chat/completions");
        }
        if let Some(query) = uri.query() {
            path.push('?');
            path.push_str(query);
        }
        Ok(Self {
            url: format!("{}://{authority}{path}", if secure { "https" } else { "http" }),
            secure,
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority.port_u16().unwrap_or(if secure { 443 } else { 80 }),
            authority: authority.as_str().to_owned(),
            path,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let at = Address::read("http://127.0.0.1:11434/v1/").unwrap();
        assert_eq!(at.url, "http://127.0.0.1:11434/v1/chat/completions");
        assert_eq!((at.secure, at.host.as_str(), at.port), (false, "127.0.0.1", 11434));
        let at = Address::read("https://api.example.org/v1/chat/completions?v=2").unwrap();
        assert_eq!((at.secure, at.port), (true, 443));
        assert_eq!(at.path, "/v1/chat/completions?v=2");
        let at = Address::read("http://[::1]").unwrap();
        assert_eq!((at.host.as_str(), at.port, at.path.as_str()), ("::1", 80, "/chat/completions"));
    }

    #[test]
    fn what_is_no_address_is_refused_and_no_password_is_shown() {
        for bad in ["", "ftp://a/v1", "/v1", "localhost:80/v1", "http://", "http://a b"] {
            let error = Address::read(bad).unwrap_err().to_string();
            assert!(error.contains("cannot be used"), "{error}");
        }
        let error = Address::read("https://me:secret@host/v1").unwrap_err().to_string();
        assert!(!error.contains("secret") && error.contains("YIJU_WRITER_KEY"), "{error}");
    }
}
