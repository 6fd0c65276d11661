//! Converts pictures to sRGB. Browsers assume sRGB for a picture without a profile, and published pictures
//! have none.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, RgbImage, RgbaImage};
use moxcms::{
    Chromaticity, CicpProfile, ColorPrimaries, ColorProfile, DataColorSpace, Layout, MatrixCoefficients,
    ParsingOptions, TransferCharacteristics, TransformOptions, WHITE_POINT_D65, XyY, curve_from_gamma,
};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::exif::says_adobe_rgb;

/// The most bytes of a profile. Profiles of telephones have about 500, those of printing presses up to 2 MB.
const MOST_PROFILE: usize = 4 << 20;

/// The colour profile of a file; `None` if it has none that can be read: then the colours are sRGB.
///
/// `icc` is the embedded profile, and `exif` the Exif data of a JPEG. A PNG can state its colours in four
/// ways, and the first one counts (PNG, third edition, section 4.3): cICP, iCCP, sRGB, gAMA with cHRM.
pub(crate) fn profile(
    bytes: &[u8],
    format: ImageFormat,
    icc: Option<&[u8]>,
    exif: Option<&[u8]>,
) -> Option<ColorProfile> {
    if format == ImageFormat::Jpeg && icc.is_none() && exif.is_some_and(says_adobe_rgb) {
        return Some(ColorProfile::new_adobe_rgb());
    }
    let icc = || {
        let most = ParsingOptions { max_profile_size: MOST_PROFILE, ..ParsingOptions::default() };
        ColorProfile::new_from_slice_with_options(icc?, most).ok()
    };
    if format != ImageFormat::Png {
        return icc();
    }
    let reader = png::Decoder::new(Cursor::new(bytes)).read_info().ok()?;
    let info = reader.info();
    if let Some(points) = info.coding_independent_code_points {
        return of_code_points(points.color_primaries, points.transfer_function);
    }
    if let Some(profile) = icc() {
        return Some(profile);
    }
    if info.srgb.is_some() {
        return None;
    }
    of_gamma(info.gama_chunk?.into_value(), info.chrm_chunk)
}

/// The profile of a video signal's code points (ITU-T H.273); `None` for high dynamic range, which would look
/// dark.
fn of_code_points(primaries: u8, transfer: u8) -> Option<ColorProfile> {
    let transfer = TransferCharacteristics::try_from(transfer).ok()?;
    if matches!(transfer, TransferCharacteristics::Smpte2084 | TransferCharacteristics::Hlg) {
        return None;
    }
    let profile = ColorProfile::new_from_cicp(CicpProfile {
        color_primaries: primaries.try_into().ok()?,
        transfer_characteristics: transfer,
        matrix_coefficients: MatrixCoefficients::Identity,
        full_range: true,
    });
    profile.is_matrix_shaper().then_some(profile)
}

/// The profile of a PNG that states the exponent of its samples and maybe its primaries.
fn of_gamma(gamma: f32, primaries: Option<png::SourceChromaticities>) -> Option<ColorProfile> {
    if !(0.01..=10.0).contains(&gamma) {
        return None;
    }
    let mut profile = ColorProfile::new_srgb();
    let point =
        |(x, y): (png::ScaledFloat, png::ScaledFloat)| Chromaticity::new(x.into_value(), y.into_value());
    if let Some(png::SourceChromaticities { white, red, green, blue }) = primaries {
        let white = point(white);
        let white = XyY::new(f64::from(white.x), f64::from(white.y), 1.0);
        profile.update_rgb_colorimetry(
            white,
            ColorPrimaries { red: point(red), green: point(green), blue: point(blue) },
        );
    } else {
        profile.update_rgb_colorimetry(WHITE_POINT_D65, ColorPrimaries::BT_709);
    }
    let curve = Some(curve_from_gamma(1.0 / gamma));
    (profile.red_trc, profile.green_trc, profile.blue_trc) = (curve.clone(), curve.clone(), curve);
    Some(profile)
}

/// The picture in sRGB. It stays as it is if the profile does not fit the kind of its pixels.
pub(crate) fn to_srgb(picture: DynamicImage, profile: &ColorProfile) -> DynamicImage {
    let (layout, pixels) = match profile.color_space {
        DataColorSpace::Rgb => (Layout::Rgba, picture.to_rgba8().into_raw()),
        DataColorSpace::Gray if !picture.color().has_color() => {
            (Layout::GrayAlpha, picture.to_luma_alpha8().into_raw())
        }
        _ => return picture,
    };
    let srgb = ColorProfile::new_srgb();
    let transform = profile.create_transform_8bit(layout, &srgb, Layout::Rgba, TransformOptions::default());
    let mut converted = RgbaImage::new(picture.width(), picture.height());
    match transform.and_then(|transform| transform.transform(&pixels, &mut converted)) {
        Ok(()) => converted.into(),
        Err(_) => picture,
    }
}

/// A CMYK or YCCK JPEG in sRGB, by the profile of its printing press; `None` for other pictures.
///
/// Without a profile the decoder multiplies the inks. The colours are then too strong, but not wrong.
pub(crate) fn of_inks(bytes: &[u8], format: ImageFormat, profile: &ColorProfile) -> Option<DynamicImage> {
    if format != ImageFormat::Jpeg || profile.color_space != DataColorSpace::Cmyk {
        return None;
    }
    let lenient = DecoderOptions::default().set_strict_mode(false);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), lenient);
    decoder.decode_headers().ok()?;
    let space =
        decoder.input_colorspace().filter(|space| matches!(space, ColorSpace::CMYK | ColorSpace::YCCK))?;
    let unconverted = decoder.options().jpeg_set_out_colorspace(space);
    decoder.set_options(unconverted);
    let mut inks = decoder.decode().ok()?;
    for pixel in inks.chunks_exact_mut(4) {
        ink(pixel, space);
    }
    let (width, height) = decoder.dimensions()?;
    let mut converted = RgbImage::new(u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    let srgb = ColorProfile::new_srgb();
    let transform =
        profile.create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgb, TransformOptions::default()).ok()?;
    transform.transform(&inks, &mut converted).ok()?;
    Some(converted.into())
}

/// Turns a stored pixel into its inks, of at most 255 each. Adobe stores inks inverted, and in YCCK encodes
/// the inverted inks like RGB in JFIF (Adobe Technical Note 5116).
fn ink(pixel: &mut [u8], space: ColorSpace) {
    if let (ColorSpace::YCCK, &mut [luma, blue, red, _]) = (space, &mut *pixel) {
        let (luma, blue, red) = (i32::from(luma), i32::from(blue) - 128, i32::from(red) - 128);
        // In units of 1/65536, rounded.
        let parts = [91_881 * red, -22_554 * blue - 46_802 * red, 116_130 * blue];
        for (place, part) in pixel.iter_mut().zip(parts) {
            *place = 255 - u8::try_from((luma + ((part + 32_768) >> 16)).clamp(0, 255)).unwrap_or(0);
        }
    }
    for place in pixel {
        *place = 255 - *place;
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use image::codecs::jpeg::JpegEncoder;
    use image::codecs::png::PngEncoder;
    use image::codecs::webp::WebPEncoder;
    use image::{GrayImage, ImageEncoder, Luma, Rgb, Rgba};
    use moxcms::{
        LocalizableString, LutDataType, LutStore, LutType, LutWarehouse, Matrix3d, ProfileClass, ProfileText,
    };

    use super::*;
    use crate::render;

    type Matrix = [[f64; 3]; 3];
    /// Converts an sRGB colour to the samples of another colour space.
    type InSpace = fn([u8; 3]) -> [u8; 3];

    /// From linear sRGB to linear Display P3 (SMPTE EG 432-1, white D65).
    const TO_P3: Matrix = [[0.82246, 0.17754, 0.0], [0.03319, 0.96681, 0.0], [0.01708, 0.0724, 0.91052]];
    /// From linear sRGB to linear Adobe RGB (1998), section 4.3.
    const TO_ADOBE: Matrix = [[0.71513, 0.28487, 0.0], [0.0, 1.0, 0.0], [0.0, 0.04117, 0.95883]];
    /// Colours well within sRGB.
    const COLOURS: [[u8; 3]; 6] =
        [[200, 60, 50], [60, 180, 70], [50, 80, 190], [220, 200, 180], [128, 128, 128], [255, 255, 255]];

    /// The linear value of a sample, by IEC 61966-2-1.
    fn linear(sample: u8) -> f64 {
        let sample = f64::from(sample) / 255.0;
        if sample <= 0.04045 { sample / 12.92 } else { ((sample + 0.055) / 1.055).powf(2.4) }
    }

    fn srgb_curve(light: f64) -> f64 {
        if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a sample has 8 bits")]
    fn sample(value: f64) -> u8 {
        (value.clamp(0.0, 1.0) * 255.0).round() as u8
    }

    /// The samples of this sRGB colour in another colour space.
    fn in_space([red, green, blue]: [u8; 3], matrix: Matrix, curve: impl Fn(f64) -> f64) -> [u8; 3] {
        let light = [linear(red), linear(green), linear(blue)];
        matrix.map(|row| sample(curve(row.iter().zip(light).map(|(factor, light)| factor * light).sum())))
    }

    fn in_p3(colour: [u8; 3]) -> [u8; 3] {
        in_space(colour, TO_P3, srgb_curve)
    }

    fn in_adobe(colour: [u8; 3]) -> [u8; 3] {
        in_space(colour, TO_ADOBE, |light| light.powf(1.0 / 2.199_218_75))
    }

    fn encoded(picture: &DynamicImage, format: ImageFormat, profile: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        match format {
            ImageFormat::Jpeg => {
                let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 100);
                encoder.set_icc_profile(profile.to_vec()).unwrap();
                picture.write_with_encoder(encoder).unwrap();
            }
            ImageFormat::Png => {
                let mut encoder = PngEncoder::new(&mut bytes);
                encoder.set_icc_profile(profile.to_vec()).unwrap();
                picture.write_with_encoder(encoder).unwrap();
            }
            _ => {
                let mut encoder = WebPEncoder::new_lossless(&mut bytes);
                encoder.set_icc_profile(profile.to_vec()).unwrap();
                picture.write_with_encoder(encoder).unwrap();
            }
        }
        bytes
    }

    fn of_one_colour(colour: [u8; 3]) -> DynamicImage {
        RgbImage::from_pixel(16, 16, Rgb(colour)).into()
    }

    /// The colour in the middle of the published picture.
    fn published(bytes: &[u8]) -> [u8; 3] {
        let file = &render(bytes).unwrap().files[0].1;
        let picture = image::load_from_memory(&file.bytes).unwrap();
        picture.to_rgb8().get_pixel(picture.width() / 2, picture.height() / 2).0
    }

    /// The published JPEG changes a colour by up to 4, and each conversion by 1. A missing conversion would
    /// change it by 30 or more.
    #[track_caller]
    fn near(found: [u8; 3], wanted: [u8; 3]) {
        let far = found.iter().zip(wanted).any(|(found, wanted)| found.abs_diff(wanted) > 6);
        assert!(!far, "{found:?} is not {wanted:?}");
    }

    #[test]
    fn a_jpeg_that_says_adobe_rgb_in_its_exif_data_only_becomes_srgb() {
        use crate::exif::tests::exif;
        let published_with = |colour: [u8; 3], space: u16, index: &[u8; 4], is_little: bool, icc: &[u8]| {
            let mut bytes = Vec::new();
            let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 100);
            encoder.set_exif_metadata(exif(space, *index, is_little)).unwrap();
            if !icc.is_empty() {
                encoder.set_icc_profile(icc.to_vec()).unwrap();
            }
            of_one_colour(colour).write_with_encoder(encoder).unwrap();
            published(&bytes)
        };
        let srgb = ColorProfile::new_srgb().encode().unwrap();
        for colour in COLOURS {
            for is_little in [true, false] {
                near(published_with(in_adobe(colour), 0xffff, b"R03\0", is_little, &[]), colour);
            }
            // sRGB by the tags, or by the profile.
            near(published_with(colour, 1, b"R98\0", true, &[]), colour);
            near(published_with(colour, 0xffff, b"R03\0", true, &srgb), colour);
        }
    }

    #[test]
    fn colours_of_display_p3_and_adobe_rgb_become_those_of_srgb() {
        let spaces: [(ColorProfile, InSpace); 3] = [
            (ColorProfile::new_display_p3(), in_p3),
            (ColorProfile::new_adobe_rgb(), in_adobe),
            (ColorProfile::new_srgb(), |colour| colour),
        ];
        for (profile, in_space) in spaces {
            let profile = profile.encode().unwrap();
            for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
                for colour in COLOURS {
                    near(published(&encoded(&of_one_colour(in_space(colour)), format, &profile)), colour);
                }
            }
        }
        // People can see this difference.
        assert!(in_p3([60, 180, 70])[0].abs_diff(60) > 30 && in_adobe([60, 180, 70])[0].abs_diff(60) > 40);
    }

    #[test]
    fn a_colour_outside_srgb_becomes_the_nearest_full_one() {
        let profile = ColorProfile::new_display_p3().encode().unwrap();
        near(published(&encoded(&of_one_colour([255, 0, 0]), ImageFormat::Png, &profile)), [255, 0, 0]);
        near(published(&encoded(&of_one_colour([0, 255, 0]), ImageFormat::Png, &profile)), [0, 255, 0]);
    }

    #[test]
    fn a_conversion_to_srgb_keeps_transparency() {
        let [red, green, blue] = in_p3([200, 60, 50]);
        let glass = RgbaImage::from_pixel(16, 16, Rgba([red, green, blue, 100]));
        let profile = ColorProfile::new_display_p3().encode().unwrap();
        for format in [ImageFormat::Png, ImageFormat::WebP] {
            let published = &render(&encoded(&glass.clone().into(), format, &profile)).unwrap().files[0].1;
            assert_eq!(published.content_type, "image/png");
            let Rgba([red, green, blue, alpha]) =
                *image::load_from_memory(&published.bytes).unwrap().to_rgba8().get_pixel(5, 5);
            near([red, green, blue], [200, 60, 50]);
            assert_eq!(alpha, 100);
        }
    }

    #[test]
    fn a_grey_picture_is_read_by_its_grey_profile() {
        let profile = ColorProfile::new_gray_with_gamma(1.8).encode().unwrap();
        for grey in [40, 128, 200] {
            let encoded_grey = sample(linear(grey).powf(1.0 / 1.8));
            let picture = DynamicImage::from(GrayImage::from_pixel(16, 16, Luma([encoded_grey])));
            for format in [ImageFormat::Jpeg, ImageFormat::Png] {
                near(published(&encoded(&picture, format, &profile)), [grey; 3]);
            }
        }
    }

    #[test]
    fn a_profile_of_other_channels_than_the_pixels_is_ignored() {
        let grey = ColorProfile::new_gray_with_gamma(1.8).encode().unwrap();
        near(published(&encoded(&of_one_colour([200, 60, 50]), ImageFormat::Png, &grey)), [200, 60, 50]);
        let mut inks = ColorProfile::new_srgb();
        inks.color_space = DataColorSpace::Cmyk;
        let inks = inks.encode().unwrap();
        near(published(&encoded(&of_one_colour([200, 60, 50]), ImageFormat::Jpeg, &inks)), [200, 60, 50]);
        let adobe = ColorProfile::new_adobe_rgb().encode().unwrap();
        let [grey, ..] = in_adobe([128; 3]);
        let picture = DynamicImage::from(GrayImage::from_pixel(16, 16, Luma([grey])));
        near(published(&encoded(&picture, ImageFormat::Png, &adobe)), [128; 3]);
    }

    #[test]
    fn a_profile_in_several_segments_of_a_jpeg_is_read() {
        let mut profile = ColorProfile::new_display_p3();
        let long = LocalizableString::new("en".into(), "US".into(), "lamp ".repeat(40_000));
        profile.description = Some(ProfileText::Localizable(vec![long]));
        let profile = profile.encode().unwrap();
        assert!(profile.len() > 3 * 65_536);
        near(
            published(&encoded(&of_one_colour(in_p3([60, 180, 70])), ImageFormat::Jpeg, &profile)),
            [60, 180, 70],
        );
    }

    #[test]
    fn a_broken_profile_counts_as_none() {
        let whole = ColorProfile::new_display_p3().encode().unwrap();
        let colour = [200, 60, 50];
        let of = |profile: &[u8]| published(&encoded(&of_one_colour(colour), ImageFormat::Png, profile));
        for broken in [&b""[..], b"x", &whole[..100], &whole[..200], &[0; 500], &vec![7; MOST_PROFILE + 1]] {
            near(of(broken), colour);
        }
        // Whatever colours come of these, the picture is published.
        let mut dice = fastrand::Rng::with_seed(7);
        for _ in 0..1000 {
            let mut profile = whole.clone();
            for _ in 0..dice.usize(1..8) {
                let place = dice.usize(..profile.len());
                profile[place] =
                    if dice.bool() { dice.u8(..) } else { *dice.choice(&[0, 0x7f, 0xff]).unwrap() };
            }
            of(&profile);
        }
    }

    /// A PNG of one colour. `tell` writes what it states about its colours.
    fn png_that_tells(colour: [u8; 3], tell: impl FnOnce(&mut png::Info)) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut info = png::Info::with_size(16, 16);
        info.color_type = png::ColorType::Rgb;
        info.bit_depth = png::BitDepth::Eight;
        tell(&mut info);
        let mut writer = png::Encoder::with_info(&mut bytes, info).unwrap().write_header().unwrap();
        writer.write_image_data(&colour.repeat(256)).unwrap();
        writer.finish().unwrap();
        bytes
    }

    #[test]
    fn a_png_states_its_colours_in_four_ways() {
        let colour = [60, 180, 70];
        let scaled = png::ScaledFloat::new;
        let adobe = png::SourceChromaticities::new((0.3127, 0.329), (0.64, 0.33), (0.21, 0.71), (0.15, 0.06));
        let by_gamma = png_that_tells(in_adobe(colour), |info| {
            info.source_gamma = Some(scaled(1.0 / 2.199_219));
            info.source_chromaticities = Some(adobe);
        });
        near(published(&by_gamma), colour);
        let linear_light =
            |colour| in_space(colour, [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], |light| light);
        let by_gamma_alone =
            png_that_tells(linear_light([200, 190, 180]), |info| info.source_gamma = Some(scaled(1.0)));
        near(published(&by_gamma_alone), [200, 190, 180]);
        let by_srgb = png_that_tells(colour, |info| info.srgb = Some(png::SrgbRenderingIntent::Perceptual));
        near(published(&by_srgb), colour);
        let by_profile = png_that_tells(in_p3(colour), |info| {
            info.icc_profile = Some(Cow::Owned(ColorProfile::new_display_p3().encode().unwrap()));
        });
        near(published(&by_profile), colour);
        // cICP of Display P3, and of PQ, which is not converted.
        let points = |colour, transfer_function| {
            let mut bytes = png_that_tells(colour, |_| {});
            let chunk = [b"cICP".as_slice(), &[12, transfer_function, 0, 1]].concat();
            let checked = [&4_u32.to_be_bytes()[..], &chunk, &crc32(&chunk).to_be_bytes()].concat();
            bytes.splice(33..33, checked);
            published(&bytes)
        };
        near(points(in_p3(colour), 13), colour);
        near(points(colour, 16), colour);
        near(points(colour, 255), colour);
    }

    /// The colour that a press makes of full inks or none, in CIE Lab. The values are invented, and within
    /// sRGB.
    fn lab([cyan, magenta, yellow, black]: [f64; 4]) -> [f64; 3] {
        let light = (100.0 - 15.0 * cyan - 25.0 * magenta - 8.0 * yellow) * (1.0 - 0.75 * black);
        let colour = 1.0 - black;
        [light, (40.0 * magenta - 15.0 * cyan) * colour, (30.0 * yellow - 20.0 * cyan) * colour]
    }

    /// A profile with that press's table.
    fn press() -> ColorProfile {
        let corners = (0..16_u8).map(|corner| [8, 4, 2, 1].map(|bit| f64::from(u8::from(corner & bit != 0))));
        let mut table = Vec::new();
        for corner in corners {
            let [light, a, b] = lab(corner);
            // 16-bit values of profile version 2 (ICC.1:2001-04, section 6.3.4.2).
            let values = [light / 100.0 * 65_280.0, (a + 128.0) * 256.0, (b + 128.0) * 256.0];
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "16 bits")]
            table.extend(values.map(|value| value.round() as u16));
        }
        let straight = |channels| LutStore::Store16([0, 65_535].repeat(channels));
        let mut profile = ColorProfile::new_srgb();
        profile.color_space = DataColorSpace::Cmyk;
        profile.pcs = DataColorSpace::Lab;
        profile.profile_class = ProfileClass::OutputDevice;
        profile.cicp = None;
        profile.lut_a_to_b_perceptual = Some(LutWarehouse::Lut(LutDataType {
            num_input_channels: 4,
            num_output_channels: 3,
            num_clut_grid_points: 2,
            matrix: Matrix3d { v: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]] },
            num_input_table_entries: 2,
            num_output_table_entries: 2,
            input_table: straight(4),
            clut_table: LutStore::Store16(table),
            output_table: straight(3),
            lut_type: LutType::Lut16,
        }));
        profile
    }

    /// The sRGB of a colour in CIE Lab under D50, by the Bradford matrix.
    fn srgb_of_lab([light, a, b]: [f64; 3]) -> [u8; 3] {
        let middle = (light + 16.0) / 116.0;
        let part = |t: f64| if t > 6.0 / 29.0 { t.powi(3) } else { (t - 4.0 / 29.0) * 108.0 / 841.0 };
        let xyz = [part(middle + a / 500.0) * 0.96422, part(middle), part(middle - b / 200.0) * 0.82521];
        let matrix: Matrix =
            [[3.13386, -1.61687, -0.49061], [-0.97877, 1.91614, 0.03345], [0.07195, -0.22899, 1.40524]];
        matrix.map(|row| sample(srgb_curve(row.iter().zip(xyz).map(|(factor, value)| factor * value).sum())))
    }

    /// A JPEG of 8 by 8 equal pixels with four components, as Adobe writes it. One number describes each
    /// block.
    fn jpeg_of_inks(inks: [u8; 4], is_ycck: bool, profile: Option<&[u8]>) -> Vec<u8> {
        let mut stored = inks.map(|ink| 255 - ink);
        if is_ycck {
            let [red, green, blue] = [inks[0], inks[1], inks[2]].map(f64::from);
            let luma = 0.299 * red + 0.587 * green + 0.114 * blue;
            let shifted = [luma, 128.0 + (blue - luma) * 0.564, 128.0 + (red - luma) * 0.713];
            for (place, value) in stored.iter_mut().zip(shifted) {
                *place = sample(value / 255.0);
            }
        }
        let segment = |kind: u8, content: &[u8]| {
            let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
            [&[0xff, kind], &length[..], content].concat()
        };
        let mut jpeg = vec![0xff, 0xd8];
        jpeg.extend(segment(
            0xee,
            &[&b"Adobe"[..], &[0, 100, 0, 0, 0, 0, if is_ycck { 2 } else { 0 }]].concat(),
        ));
        if let Some(profile) = profile {
            jpeg.extend(segment(0xe2, &[b"ICC_PROFILE\0\x01\x01", profile].concat()));
        }
        jpeg.extend(segment(0xdb, &[&[0][..], &[8; 64]].concat()));
        let components = (1..=4).flat_map(|number| [number, 0x11, 0]).collect::<Vec<u8>>();
        jpeg.extend(segment(0xc0, &[&[8, 0, 8, 0, 8, 4][..], &components].concat()));
        // Nine lengths of a number, in codes of 4 bits, and one code of 1 bit for the end of a block.
        let lengths =
            [&[0x00, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &[0, 1, 2, 3, 4, 5, 6, 7, 8]];
        jpeg.extend(segment(0xc4, &lengths.concat()));
        jpeg.extend(segment(0xc4, &[0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
        let components = (1..=4).flat_map(|number| [number, 0]).collect::<Vec<u8>>();
        jpeg.extend(segment(0xda, &[&[4][..], &components, &[0, 63, 0]].concat()));
        let mut bits = String::new();
        for value in stored {
            let number = i32::from(value) - 128;
            let length = 32 - number.abs().leading_zeros();
            let number = if number < 0 { number + (1 << length) - 1 } else { number };
            let digits = if length == 0 {
                String::new()
            } else {
                format!("{number:0width$b}", width = length as usize)
            };
            bits += &format!("{length:04b}{digits}0");
        }
        while !bits.len().is_multiple_of(8) {
            bits.push('1');
        }
        for start in (0..bits.len()).step_by(8) {
            let byte = u8::from_str_radix(&bits[start..start + 8], 2).unwrap();
            jpeg.push(byte);
            if byte == 0xff {
                jpeg.push(0);
            }
        }
        jpeg.extend([0xff, 0xd9]);
        jpeg
    }

    #[test]
    fn a_jpeg_in_inks_is_read_by_the_profile_of_its_press() {
        let profile = press().encode().unwrap();
        for is_ycck in [false, true] {
            for inks in
                [[0; 4], [255, 0, 0, 0], [0, 255, 0, 0], [0, 0, 255, 0], [0, 0, 0, 255], [0, 255, 255, 0]]
            {
                let wanted = srgb_of_lab(lab(inks.map(|ink| f64::from(ink) / 255.0)));
                near(published(&jpeg_of_inks(inks, is_ycck, Some(&profile))), wanted);
            }
            // Without a profile, the inks are multiplied.
            near(published(&jpeg_of_inks([0, 255, 255, 0], is_ycck, None)), [255, 0, 0]);
        }
    }

    /// The checksum of PNG's chunks.
    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(
                crc ^ u32::from(*byte),
                |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 },
            )
        })
    }
}
