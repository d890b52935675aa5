//! The text around a signature: OpenSSH `PROTOCOL.sshsig`, section 1.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::envelope::EnvelopeError;

pub const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
pub const END: &str = "-----END SSH SIGNATURE-----";
/// `ssh-keygen` breaks lines here; the format's description says 76.
const WIDTH: usize = 70;

/// The text of a signature.
pub fn put_on(blob: &[u8]) -> String {
    let base64 = STANDARD.encode(blob);
    let mut text = format!("{BEGIN}\n");
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        // base64 is ASCII.
        let (line, more) = rest.split_at(rest.len().min(WIDTH));
        text.push_str(line);
        text.push('\n');
        rest = more;
    }
    text + END + "\n"
}

/// The bytes in a text, which the caller holds against [`put_on`]: lines may still be of any length here.
pub fn remove(text: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
    if text.contains(&b'\r') {
        return Err(EnvelopeError::CarriageReturns);
    }
    let base64 = text
        .strip_prefix(BEGIN.as_bytes())
        .and_then(|rest| rest.strip_prefix(b"\n"))
        .ok_or(EnvelopeError::NoHeader)?
        .strip_suffix(b"\n")
        .and_then(|rest| rest.strip_suffix(END.as_bytes()))
        .filter(|base64| base64.ends_with(b"\n"))
        .ok_or(EnvelopeError::NoFooter)?;
    let base64: Vec<u8> = base64
        .iter()
        .copied()
        .filter(|byte| *byte != b'\n')
        .collect();
    STANDARD.decode(base64).map_err(|_| EnvelopeError::Base64)
}
