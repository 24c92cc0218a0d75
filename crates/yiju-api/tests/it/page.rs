//! The page: its addresses, its files, and what a browser may do with them.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};

use crate::support::{get, send, shared};

#[tokio::test]
async fn the_page_is_at_each_of_its_addresses() {
    let app = shared();
    for address in [
        "/",
        "/ask",
        "/search?q=租金",
        "/lookup",
        "/check",
        "/documents",
        "/documents/0123456789abcdef",
        "/documents/0123456789abcdef/clauses/3",
        "/figures",
        "/docs",
        "/collections/cities/",
        "/collections/cities/documents/0123456789abcdef/clauses/3",
    ] {
        let page = get(&app, &address.replace("租金", "%E7%A7%9F")).await;
        assert_eq!(page.status, StatusCode::OK, "{address}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("cache-control"), "no-cache");
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("x-frame-options"), "DENY");
        // Nothing from outside, and no script or style inside the HTML, which the policy would refuse.
        let text = page.text();
        assert!(
            !text.contains("://") && !text.contains("style=") && !text.contains("<style"),
            "{text}"
        );
        let scripts: Vec<&str> = text.split("<script").skip(1).collect();
        assert!(scripts.iter().all(|script| script.contains(" src=\"/page/")), "{text}");
    }
    assert_eq!(get(&app, "/elsewhere").await.error(404), "route_not_found");
}

#[tokio::test]
async fn the_files_are_kept_for_ever_and_compressed_for_those_who_take_it() {
    let app = shared();
    let mut count = 0;
    for path in yiju_page::paths() {
        let plain = get(&app, &path).await;
        assert_eq!(plain.status, StatusCode::OK, "{path}");
        assert_eq!(plain.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(plain.header("x-content-type-options"), "nosniff");
        assert_eq!(plain.header("content-encoding"), "");
        let request = Request::get(&path).header(header::ACCEPT_ENCODING, "gzip, br");
        let packed = send(&app, request.body(Body::empty()).unwrap()).await;
        if packed.header("content-encoding") == "gzip" {
            assert!(packed.bytes.len() < plain.bytes.len(), "{path}");
            let mut unpacked = Vec::new();
            let mut decoder = flate2::read::GzDecoder::new(packed.bytes.as_slice());
            std::io::Read::read_to_end(&mut decoder, &mut unpacked).unwrap();
            assert_eq!(unpacked, plain.bytes, "{path}");
        } else {
            assert_eq!(packed.bytes, plain.bytes, "{path}");
        }
        assert_eq!(packed.header("vary"), "accept-encoding");
        count += 1;
    }
    assert!(count > 30, "{count}");
    assert_eq!(get(&app, "/page/0000000000000000/main.js").await.error(404), "route_not_found");
}
