//! Exif data of a JPEG: what they say about its colours.

/// Whether the colours are those of Adobe RGB, in the way of cameras that write no profile: the colour space
/// is uncalibrated, and the interoperability index is `R03` (DCF 2.0; Exif 2.3, sections 4.6.5 and 4.6.8).
/// `exif` is a TIFF file.
pub(crate) fn says_adobe_rgb(exif: &[u8]) -> bool {
    says(exif).unwrap_or(false)
}

const EXIF_DIRECTORY: u16 = 0x8769;
const COLOR_SPACE: u16 = 0xa001;
const UNCALIBRATED: u16 = 0xffff;
const INTEROPERABILITY_DIRECTORY: u16 = 0xa005;
const INTEROPERABILITY_INDEX: u16 = 1;

/// `None` if the data are broken, or lack one of the tags.
fn says(exif: &[u8]) -> Option<bool> {
    let is_little = match exif.get(..2)? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let tiff = Tiff { bytes: exif, is_little };
    let exif = tiff.place(tiff.value(tiff.place(4)?, EXIF_DIRECTORY)?)?;
    let space = tiff.short(tiff.value(exif, COLOR_SPACE)?)?;
    let interoperability = tiff.place(tiff.value(exif, INTEROPERABILITY_DIRECTORY)?)?;
    let index = tiff.value(interoperability, INTEROPERABILITY_INDEX)?;
    Some(space == UNCALIBRATED && tiff.bytes.get(index..)?.starts_with(b"R03"))
}

/// A TIFF file (TIFF 6.0, section 2). Directories have a count and entries of 12 bytes: tag, type, count, and
/// a value of up to 4 bytes or its place.
struct Tiff<'a> {
    bytes: &'a [u8],
    is_little: bool,
}

impl Tiff<'_> {
    fn short(&self, at: usize) -> Option<u16> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    /// The place that is written at `at`.
    fn place(&self, at: usize) -> Option<usize> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        usize::try_from(if self.is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
            .ok()
    }

    /// The place of the value of a tag.
    fn value(&self, directory: usize, tag: u16) -> Option<usize> {
        let count = usize::from(self.short(directory)?);
        let mut entries = (0..count).map(|entry| directory + 2 + 12 * entry);
        entries.find(|entry| self.short(*entry) == Some(tag)).map(|entry| entry + 8)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Exif data with these values, in one of the two orders of bytes.
    pub(crate) fn exif(space: u16, index: [u8; 4], is_little: bool) -> Vec<u8> {
        let mut bytes = if is_little { b"II".to_vec() } else { b"MM".to_vec() };
        let short = |value: u16| if is_little { value.to_le_bytes() } else { value.to_be_bytes() };
        let long = |value: u32| if is_little { value.to_le_bytes() } else { value.to_be_bytes() };
        bytes.extend(short(42));
        bytes.extend(long(8));
        let mut directory = |entries: &[(u16, u16, u32, [u8; 4])]| {
            bytes.extend(short(u16::try_from(entries.len()).unwrap()));
            for (tag, kind, count, value) in entries {
                bytes.extend([short(*tag), short(*kind)].concat());
                bytes.extend([long(*count), *value].concat());
            }
            bytes.extend(long(0));
        };
        let [high, low] = short(space);
        directory(&[(0x0112, 3, 1, [0; 4]), (EXIF_DIRECTORY, 4, 1, long(38))]);
        directory(&[(COLOR_SPACE, 3, 1, [high, low, 0, 0]), (INTEROPERABILITY_DIRECTORY, 4, 1, long(68))]);
        directory(&[(INTEROPERABILITY_INDEX, 2, 4, index)]);
        bytes
    }

    #[test]
    fn only_an_uncalibrated_space_with_the_index_r03_is_adobe_rgb() {
        for is_little in [true, false] {
            assert!(says_adobe_rgb(&exif(UNCALIBRATED, *b"R03\0", is_little)));
            for (space, index) in [(1, b"R03\0"), (UNCALIBRATED, b"R98\0"), (1, b"R98\0")] {
                assert!(!says_adobe_rgb(&exif(space, *index, is_little)), "{space} {index:?}");
            }
        }
    }

    #[test]
    fn broken_exif_data_say_nothing() {
        let whole = exif(UNCALIBRATED, *b"R03\0", true);
        for length in 0..whole.len() - 5 {
            assert!(!says_adobe_rgb(&whole[..length]), "{length}");
        }
        for place in 0..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 0xff;
            says_adobe_rgb(&changed);
        }
    }
}
