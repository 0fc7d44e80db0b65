//! Servers that mean harm. Each goes on until the client leaves or the fixture stops; nothing here ends by itself but what says so.

use std::io::Write;
use std::sync::OnceLock;
use std::time::Duration;

use super::fixture::{Received, Shared};
use super::mode::Mode;

/// Does a mode of this fixture take the answer over?
pub fn acts(request: &Received, shared: &Shared) -> bool {
    if shared.has(Mode::SparesRoot) && request.path == "/" {
        return false;
    }
    shared.modes.iter().any(|mode| {
        matches!(
            mode,
            Mode::SlowBody
                | Mode::SlowHeaders
                | Mode::EndlessBody
                | Mode::GzipBomb
                | Mode::ManyHeaders
                | Mode::LongHeader
                | Mode::ClosesMidResponse
                | Mode::ClosesBeforeResponse
                | Mode::NotHttp
        )
    })
}

/// Does harm; the connection is closed afterwards.
pub fn act(out: &mut impl Write, shared: &Shared) {
    for mode in &shared.modes {
        // The client has left: that is what it should do.
        let _left = match mode {
            Mode::SlowBody => slow(out, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000000\r\n\r\n", shared),
            Mode::SlowHeaders => slow(out, b"HTTP/1.1 200 OK\r\nX-Slow: ", shared),
            Mode::EndlessBody => endless(out, shared),
            Mode::GzipBomb => bomb(out),
            Mode::ManyHeaders => many(out),
            Mode::LongHeader => {
                let long = "x".repeat(1 << 20);
                write!(out, "HTTP/1.1 200 OK\r\nX-Long: {long}\r\nContent-Length: 2\r\n\r\nok").and_then(|()| out.flush())
            }
            Mode::ClosesMidResponse => {
                write!(out, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 10000\r\n\r\n<!doctype>")
                    .and_then(|()| out.flush())
            }
            Mode::NotHttp => out.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").and_then(|()| out.flush()),
            _ => Ok(()),
        };
    }
}

fn slow(out: &mut impl Write, head: &[u8], shared: &Shared) -> std::io::Result<()> {
    out.write_all(head)?;
    out.flush()?;
    while !shared.pause(Duration::from_millis(20)) {
        out.write_all(b"x")?;
        out.flush()?;
    }
    Ok(())
}

fn endless(out: &mut impl Write, shared: &Shared) -> std::io::Result<()> {
    out.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")?;
    let chunk = [b"4000\r\n".as_slice(), &[b'a'; 0x4000], b"\r\n"].concat();
    while !shared.stopped() {
        out.write_all(&chunk)?;
        out.flush()?;
    }
    Ok(())
}

fn many(out: &mut impl Write) -> std::io::Result<()> {
    out.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n")?;
    for number in 0..100_000 {
        write!(out, "X-Header-{number}: {number}\r\n")?;
    }
    out.write_all(b"Content-Length: 2\r\n\r\nok")?;
    out.flush()
}

fn bomb(out: &mut impl Write) -> std::io::Result<()> {
    static BOMB: OnceLock<Vec<u8>> = OnceLock::new();
    let body = BOMB.get_or_init(|| gzip(&vec![0; 64 << 20]));
    write!(
        out,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )?;
    out.write_all(body)?;
    out.flush()
}

/// A gzip file of these bytes.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0; zlib_rs::compress_bound(bytes.len()) + 64];
    let config = zlib_rs::DeflateConfig { window_bits: 15 + 16, ..zlib_rs::DeflateConfig::default() };
    let (written, code) = zlib_rs::compress_slice(&mut out, bytes, config);
    assert_eq!(code, zlib_rs::ReturnCode::Ok);
    let length = written.len();
    out.truncate(length);
    out
}
