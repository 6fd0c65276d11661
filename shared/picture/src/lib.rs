//! Turns an uploaded picture into its renditions. It is judged by its bytes alone, converted to sRGB, turned
//! upright, scaled down and encoded again, so that no metadata of the upload is left.

#![warn(missing_docs)]

mod colour;
mod exif;

use std::io::Cursor;

use domain::catalogue::image::{Flaw, Rendition};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

/// The most pixels of a picture: telephones make pictures of this size.
const MOST_PIXELS: u64 = 40_000_000;
/// The most pixels of one side.
const MOST_SIDE: u32 = 10_000;
/// The most memory of a decoder, in bytes: 40 million pixels of 8 bytes each, and the decoder's own needs.
const MOST_MEMORY: u64 = 400 << 20;
/// A higher quality makes larger files that look no better.
const QUALITY: u8 = 85;

/// A picture that can be published.
#[derive(Debug)]
pub struct Picture {
    /// The width in pixels of its full rendition.
    pub width: u32,
    /// The height in pixels.
    pub height: u32,
    /// The renditions.
    pub files: Vec<(Rendition, File)>,
}

/// One rendition as a file.
#[derive(Clone, Debug)]
pub struct File {
    /// JPEG, or PNG if a pixel is transparent.
    pub content_type: &'static str,
    /// The file's bytes.
    pub bytes: Vec<u8>,
}

/// Reads a picture and makes all renditions. The size is checked before any pixel is decoded.
pub fn render(bytes: &[u8]) -> Result<Picture, Flaw> {
    let format = image::guess_format(bytes).map_err(|_| Flaw::NotAPicture)?;
    match format {
        ImageFormat::Jpeg if !ends(bytes) => return Err(Flaw::Broken),
        ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP => {}
        _ => return Err(Flaw::NotAPicture),
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_SIDE);
    limits.max_image_height = Some(MOST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(flaw)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS || width.max(height) > MOST_SIDE {
        return Err(Flaw::TooManyPixels);
    }
    let upright = decoder.orientation().map_err(flaw)?;
    // A profile that cannot be read is ignored; the picture is not refused for it.
    let [icc, exif] = [decoder.icc_profile(), decoder.exif_metadata()].map(|read| read.ok().flatten());
    let profile = colour::profile(bytes, format, icc.as_deref(), exif.as_deref());
    let of_inks = profile.as_ref().and_then(|profile| colour::of_inks(bytes, format, profile));
    let mut picture = if let Some(picture) = of_inks {
        within(picture, Rendition::Full)
    } else {
        let picture = within(DynamicImage::from_decoder(decoder).map_err(flaw)?, Rendition::Full);
        match profile {
            Some(profile) => colour::to_srgb(picture, &profile),
            None => picture,
        }
    };
    picture.apply_orientation(upright);
    renditions(picture)
}

/// Makes all renditions of a picture that is upright and in sRGB.
pub fn renditions(mut picture: DynamicImage) -> Result<Picture, Flaw> {
    picture = within(picture, Rendition::Full);
    let (width, height) = (picture.width(), picture.height());
    let mut files: Vec<(Rendition, File)> = Vec::new();
    for size in Rendition::ALL {
        let before = (picture.width(), picture.height());
        picture = within(picture, size);
        let file = match files.last() {
            // It was small enough before.
            Some((_, file)) if (picture.width(), picture.height()) == before => file.clone(),
            _ => encode(&picture)?,
        };
        files.push((size, file));
    }
    Ok(Picture { width, height, files })
}

/// Scales a picture down to a rendition's size. A smaller picture stays as it is.
fn within(picture: DynamicImage, size: Rendition) -> DynamicImage {
    let most = size.most_pixels();
    if picture.width().max(picture.height()) <= most { picture } else { picture.thumbnail(most, most) }
}

/// Encodes the pixels: as JPEG, or as PNG if one of them is transparent.
fn encode(picture: &DynamicImage) -> Result<File, Flaw> {
    let mut bytes = Vec::new();
    let is_opaque = || picture.to_rgba8().pixels().all(|pixel| pixel.0[3] == u8::MAX);
    if !picture.color().has_alpha() || is_opaque() {
        let rgb = picture.to_rgb8();
        JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode_image(&rgb).map_err(flaw)?;
        return Ok(File { content_type: "image/jpeg", bytes });
    }
    picture.to_rgba8().write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).map_err(flaw)?;
    Ok(File { content_type: "image/png", bytes })
}

fn flaw(error: ImageError) -> Flaw {
    match error {
        ImageError::Limits(_) => Flaw::TooManyPixels,
        _ => Flaw::Broken,
    }
}

/// Whether a JPEG is complete. The decoder paints missing parts grey, so they must be found here. Walks over
/// the segments before the pixels, because a segment may hold another whole JPEG, and looks for the end
/// marker behind them (ITU T.81, section B.1.1).
fn ends(jpeg: &[u8]) -> bool {
    const PIXELS: u8 = 0xda;
    const END: [u8; 2] = [0xff, 0xd9];
    let mut rest = jpeg.get(2..).unwrap_or_default();
    while let [0xff, kind, tail @ ..] = rest {
        match (kind, tail) {
            (&PIXELS, pixels) => return pixels.windows(2).any(|pair| pair == END),
            // Any number of fill bytes may come before a marker.
            (0xff, _) => rest = rest.get(1..).unwrap_or_default(),
            (_, [high, low, ..]) => {
                let length = usize::from(u16::from_be_bytes([*high, *low])).max(2);
                rest = tail.get(length..).unwrap_or_default();
            }
            _ => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use image::{ImageEncoder, Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    /// A picture that is red above and blue below.
    fn red_and_blue(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(
            width,
            height,
            |_, y| if y < height / 2 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) },
        )
    }

    fn written(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn each_format_is_read_and_written_in_three_sizes() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let picture = render(&written(&red_and_blue(3000, 1500).into(), format)).unwrap();
            assert_eq!((picture.width, picture.height), (2048, 1024), "{format:?}");
            let sizes = picture.files.iter().map(|(_, file)| {
                assert_eq!(file.content_type, "image/jpeg");
                let decoded = image::load_from_memory_with_format(&file.bytes, ImageFormat::Jpeg).unwrap();
                (decoded.width(), decoded.height())
            });
            assert_eq!(sizes.collect::<Vec<_>>(), [(2048, 1024), (800, 400), (200, 100)]);
        }
    }

    #[test]
    fn a_small_picture_is_not_enlarged() {
        let picture = render(&written(&red_and_blue(300, 20).into(), ImageFormat::Png)).unwrap();
        let (_, small) = &picture.files[2];
        assert_eq!((picture.width, picture.height), (300, 20));
        assert_eq!(image::load_from_memory(&small.bytes).unwrap().width(), 200);
    }

    #[test]
    fn transparent_pixels_stay_transparent() {
        let glass = RgbaImage::from_pixel(10, 10, Rgba([0, 0, 0, 100]));
        let picture = render(&written(&glass.into(), ImageFormat::WebP)).unwrap();
        assert_eq!(picture.files[0].1.content_type, "image/png");
        let decoded = image::load_from_memory(&picture.files[0].1.bytes).unwrap();
        assert_eq!(decoded.to_rgba8().get_pixel(0, 0).0[3], 100);
    }

    #[test]
    fn a_picture_that_is_cut_off_anywhere_is_broken() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let whole = written(&red_and_blue(64, 64).into(), format);
            for length in 16..whole.len() - 1 {
                let part = render(&whole[..length]);
                // A PNG may lack its end when all its pixels are there.
                let is_whole = format == ImageFormat::Png && length >= whole.len() - 16;
                assert!(part.is_err() || is_whole, "{format:?}: {length} of {}", whole.len());
            }
        }
    }

    #[test]
    fn a_picture_with_another_one_inside_is_checked_to_its_own_end() {
        let inner = written(&red_and_blue(8, 8).into(), ImageFormat::Jpeg);
        let mut bytes = Vec::new();
        let mut encoder = JpegEncoder::new(&mut bytes);
        let mut exif = b"Exif\0\0".to_vec();
        exif.extend(&inner);
        encoder.set_exif_metadata(exif).unwrap();
        encoder.encode_image(&red_and_blue(64, 64)).unwrap();
        assert!(ends(&bytes));
        assert!(!ends(&bytes[..bytes.len() - 2]));
    }
}
