//! The SSH wire encoding (RFC 4251 section 5), as far as keys, signatures and revocation lists use it.

/// The bytes ended before a value did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it ends in the middle of a value")]
pub struct Truncated;

/// Reads values off the front of bytes. It never copies and never reserves what a length field merely claims.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As many raw bytes as asked for.
    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8], Truncated> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    pub fn u8(&mut self) -> Result<u8, Truncated> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub fn u32(&mut self) -> Result<u32, Truncated> {
        self.array().map(u32::from_be_bytes)
    }

    pub fn u64(&mut self) -> Result<u64, Truncated> {
        self.array().map(u64::from_be_bytes)
    }

    /// A `string`: a length and as many bytes.
    pub fn string(&mut self) -> Result<&'a [u8], Truncated> {
        let length = self.u32()?;
        self.bytes(usize::try_from(length).map_err(|_| Truncated)?)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Truncated> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Truncated)?;
        self.0 = rest;
        Ok(*taken)
    }
}

/// Appends a `string`. Everything written here is far below the 4 GiB at which its length would not fit.
pub fn put_string(out: &mut Vec<u8>, value: impl AsRef<[u8]>) {
    let value = value.as_ref();
    let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_read() {
        let mut bytes = vec![7];
        put_string(&mut bytes, "abc");
        bytes.extend_from_slice(&9u32.to_be_bytes());
        bytes.extend_from_slice(&10u64.to_be_bytes());
        let mut reader = Reader::new(&bytes);
        assert_eq!(reader.u8(), Ok(7));
        assert_eq!(reader.string(), Ok(&b"abc"[..]));
        assert_eq!(reader.u32(), Ok(9));
        assert_eq!(reader.u64(), Ok(10));
        assert!(reader.is_empty());
        assert_eq!(reader.u8(), Err(Truncated));
    }

    #[test]
    fn a_length_that_lies_is_refused() {
        assert_eq!(
            Reader::new(&[0xff, 0xff, 0xff, 0xff, 1]).string(),
            Err(Truncated)
        );
        assert_eq!(Reader::new(&[0, 0, 0, 2, 1]).string(), Err(Truncated));
    }
}
