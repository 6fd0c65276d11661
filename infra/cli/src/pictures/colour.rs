//! Colours, and how a finish looks in the light.

use tiny_skia::Color;

/// A colour without transparency, its parts from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tint(f32, f32, f32);

/// Warm light and cool shade: all highlights and shadows of the pictures are mixed with these.
const LIGHT: Tint = Tint(1.0, 0.97, 0.91);
const SHADE: Tint = Tint(0.10, 0.09, 0.14);

/// Unglazed clay, unbleached linen, and the shade in folds.
pub(crate) const CLAY: Tint = Tint::hex(0xb9_8a63);
pub(crate) const CREAM: Tint = Tint::hex(0xf4_ecda);
pub(crate) const INK: Tint = Tint::hex(0x2a_2430);

impl Tint {
    /// A colour as it is written in style sheets.
    pub(crate) const fn hex(rgb: u32) -> Self {
        const fn part(bits: u32) -> f32 {
            (bits & 0xff) as u8 as f32 / 255.0
        }
        Self(part(rgb >> 16), part(rgb >> 8), part(rgb))
    }

    /// So much of another colour, from 0 to 1.
    pub(crate) fn mix(self, other: Self, part: f32) -> Self {
        let mixed = |own: f32, other: f32| own + (other - own) * part.clamp(0.0, 1.0);
        Self(mixed(self.0, other.0), mixed(self.1, other.1), mixed(self.2, other.2))
    }

    pub(crate) fn lit(self, part: f32) -> Self {
        self.mix(LIGHT, part)
    }

    pub(crate) fn shaded(self, part: f32) -> Self {
        self.mix(SHADE, part)
    }

    /// How bright it is, from 0 to 1.
    pub(crate) fn luma(self) -> f32 {
        0.3 * self.0 + 0.59 * self.1 + 0.11 * self.2
    }

    /// How far it is from another one.
    pub(crate) fn distance(self, other: Self) -> f32 {
        let parts = [self.0 - other.0, self.1 - other.1, self.2 - other.2];
        parts.iter().map(|part| part * part).sum::<f32>().sqrt()
    }

    pub(crate) fn solid(self) -> Color {
        self.alpha(1.0)
    }

    pub(crate) fn alpha(self, alpha: f32) -> Color {
        let [red, green, blue, alpha] = [self.0, self.1, self.2, alpha].map(|part| part.clamp(0.0, 1.0));
        Color::from_rgba(red, green, blue, alpha).unwrap_or(Color::TRANSPARENT)
    }
}

/// What a finish is made of, as far as one sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stuff {
    /// Lacquer, clay, enamel.
    Plain,
    /// Wood, with grain.
    Wood,
    /// Metal, with sharp highlights.
    Metal,
    /// Fabric, with a weave.
    Cloth,
    /// Ceramic with a glaze that runs.
    Glaze,
    /// Glass.
    Glass,
}

/// A finish.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finish {
    pub(crate) tint: Tint,
    pub(crate) stuff: Stuff,
}

/// Fittings.
pub(crate) const BRASS: Finish = Finish::new(0xc2_9650, Stuff::Metal);
pub(crate) const STEEL: Finish = Finish::new(0x44_474c, Stuff::Metal);
pub(crate) const CHROME: Finish = Finish::new(0xbc_c1c5, Stuff::Metal);
pub(crate) const OAK: Finish = Finish::new(0xc8_9d6a, Stuff::Wood);

impl Finish {
    pub(crate) const fn new(rgb: u32, stuff: Stuff) -> Self {
        Self { tint: Tint::hex(rgb), stuff }
    }

    /// The finish of this name in the catalogue.
    pub(crate) fn named(name: &str) -> Self {
        use Stuff::{Cloth, Glass, Glaze, Metal, Plain, Wood};
        let (rgb, stuff) = match name {
            "black" => (0x2c_2c30, Plain),
            "brass" => (0xc9_9a48, Metal),
            "oak" => (0xc8_9d6a, Wood),
            "walnut" => (0x75_4e35, Wood),
            "opal glass" => (0xf6_eee0, Glass),
            "smoked glass" => (0x6b_5e56, Glass),
            "white" => (0xf1_ede4, Plain),
            "graphite" => (0x4a_4e55, Plain),
            "2700 K" => (0xff_b45a, Glass),
            "4000 K" => (0xff_edc8, Glass),
            "ash" => (0xdc_c39b, Wood),
            "birch" => (0xe2_cb9f, Wood),
            "grey wool" => (0x90_9299, Cloth),
            "green velvet" => (0x2f_6350, Cloth),
            "sage" => (0x9c_ad92, Plain),
            "sand glaze" => (0xdb_c19a, Glaze),
            "sea glaze" => (0x4f_949b, Glaze),
            "cast iron" => (0x38_383d, Plain),
            "carbon steel" => (0x7d_858e, Metal),
            "beech handle" => (0xd3_a274, Wood),
            "olive handle" => (0x8f_6d3c, Wood),
            "indigo linen" => (0x3a_4c82, Cloth),
            "natural linen" => (0xd9_caad, Cloth),
            "galvanised" => (0xac_b4b9, Metal),
            "rust red" => (0xab_4631, Plain),
            "teak" => (0xb3_7a46, Wood),
            "white steel" => (0xf0_efea, Plain),
            "terracotta" => (0xc8_6e46, Plain),
            "zinc" => (0x93_9ea4, Metal),
            "corten steel" => (0xa2_5632, Plain),
            "black steel" => (0x30_3135, Plain),
            "heather" => (0x92_7d9f, Cloth),
            "moss" => (0x70_7c49, Cloth),
            _ => (0x88_8888, Plain),
        };
        Self::new(rgb, stuff)
    }

    /// The colours across a round body, from its left edge to its right one.
    pub(crate) fn round(self) -> Vec<(f32, Color)> {
        let tint = self.tint;
        let stops = match self.stuff {
            Stuff::Metal => vec![
                (0.0, tint.shaded(0.42)),
                (0.12, tint.shaded(0.05)),
                (0.24, tint.lit(0.72)),
                (0.36, tint.lit(0.10)),
                (0.66, tint.shaded(0.34)),
                (0.86, tint.shaded(0.56)),
                (0.95, tint.shaded(0.22)),
                (1.0, tint.shaded(0.38)),
            ],
            Stuff::Glaze => vec![
                (0.0, tint.shaded(0.20)),
                (0.16, tint.lit(0.12)),
                (0.27, tint.lit(0.42)),
                (0.36, tint.lit(0.12)),
                (0.70, tint.shaded(0.14)),
                (1.0, tint.shaded(0.46)),
            ],
            _ => {
                vec![(0.0, tint.shaded(0.10)), (0.28, tint.lit(0.20)), (0.55, tint), (1.0, tint.shaded(0.42))]
            }
        };
        stops.into_iter().map(|(place, tint)| (place, tint.solid())).collect()
    }
}
