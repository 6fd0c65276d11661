//! A square of pixels on which shapes are filled and lined, with light and shadow.

use image::{DynamicImage, GrayImage, RgbaImage};
use tiny_skia::{
    BlendMode, Color, FillRule, FilterQuality, GradientStop, IntSize, LineCap, LineJoin, LinearGradient,
    Mask, Paint, Pattern, Pixmap, Point, RadialGradient, Shader, SpreadMode, Stroke, Transform,
};

use super::colour::{Finish, Stuff, Tint};
use super::shape::{At, Shape};

/// Shapes are drawn in a square of this side, whatever the number of pixels.
const SQUARE: f32 = 1000.0;
/// Shadows are blurred in a smaller square, where few pixels make a soft edge.
const SHADOW_SIDE: u32 = 150;
const SHADOW_SCALE: f32 = 0.15;

/// From one thread of a fabric to the next.
const THREAD: f32 = 9.0;

/// What a shape is filled with.
pub(crate) enum Fill {
    Flat(Color),
    /// From one point to another.
    Line(At, At, Vec<(f32, Color)>),
    /// From a point outwards, to this distance.
    Round(At, f32, Vec<(f32, Color)>),
    /// The same, but flattened to this height.
    Oval(At, f32, f32, Vec<(f32, Color)>),
}

impl Fill {
    /// From top to bottom.
    pub(crate) fn down(top: f32, bottom: f32, stops: &[(f32, Color)]) -> Self {
        Self::Line((0.0, top), (0.0, bottom), stops.to_vec())
    }

    /// From left to right.
    pub(crate) fn across(left: f32, right: f32, stops: &[(f32, Color)]) -> Self {
        Self::Line((left, 0.0), (right, 0.0), stops.to_vec())
    }

    fn shader(self) -> Shader<'static> {
        let point = |(x, y): At| Point::from_xy(x, y);
        let stops = |stops: Vec<(f32, Color)>| {
            stops.into_iter().map(|(place, colour)| GradientStop::new(place, colour)).collect()
        };
        let (pad, still) = (SpreadMode::Pad, Transform::identity());
        let shader = match self {
            Self::Flat(colour) => Some(Shader::SolidColor(colour)),
            Self::Line(from, to, colours) => {
                LinearGradient::new(point(from), point(to), stops(colours), pad, still)
            }
            Self::Round(centre, radius, colours) => {
                let centre = point(centre);
                RadialGradient::new(centre, 0.0, centre, radius, stops(colours), pad, still)
            }
            Self::Oval((x, y), wide, high, colours) => {
                let flat = Transform::from_translate(x, y).pre_scale(1.0, high / wide);
                RadialGradient::new(Point::zero(), 0.0, Point::zero(), wide, stops(colours), pad, flat)
            }
        };
        shader.unwrap_or(Shader::SolidColor(Color::TRANSPARENT))
    }
}

impl From<Color> for Fill {
    fn from(colour: Color) -> Self {
        Self::Flat(colour)
    }
}

/// A picture while it is drawn.
pub(crate) struct Canvas {
    pixels: Pixmap,
    /// Pixels for one unit of a shape.
    scale: f32,
    /// Draws only inside.
    mask: Option<Mask>,
    /// How all shapes are turned.
    turn: Transform,
    /// The chance of this picture.
    pub(crate) random: fastrand::Rng,
}

impl Canvas {
    /// An empty one with so many pixels a side. `None` only without memory.
    pub(crate) fn new(seed: u64, side: u16) -> Option<Self> {
        Some(Self {
            pixels: Pixmap::new(side.into(), side.into())?,
            scale: f32::from(side) / SQUARE,
            mask: None,
            turn: Transform::identity(),
            random: fastrand::Rng::with_seed(seed),
        })
    }

    /// A number between two others, by the chance of this picture.
    pub(crate) fn between(&mut self, least: f32, most: f32) -> f32 {
        least + (most - least) * self.random.f32()
    }

    /// Turns all that is drawn, by some degrees around a point.
    pub(crate) fn turned_by(&mut self, degrees: f32, (x, y): At, draw: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.turn, Transform::from_rotate_at(degrees, x, y));
        draw(self);
        self.turn = outer;
    }

    fn scaled(&self, scale: f32) -> Transform {
        self.turn.post_scale(scale, scale)
    }

    pub(crate) fn fill(&mut self, shape: &Shape, fill: impl Into<Fill>) {
        self.paint(shape, fill.into(), BlendMode::SourceOver);
    }

    fn paint(&mut self, shape: &Shape, fill: Fill, blend_mode: BlendMode) {
        let paint = Paint { shader: fill.shader(), blend_mode, ..Paint::default() };
        if let Some(path) = &shape.0 {
            self.pixels.fill_path(
                path,
                &paint,
                FillRule::Winding,
                self.scaled(self.scale),
                self.mask.as_ref(),
            );
        }
    }

    /// Draws a line along the shape, with round ends.
    pub(crate) fn line(&mut self, shape: &Shape, width: f32, fill: impl Into<Fill>) {
        self.stroke(shape, width, fill.into(), LineCap::Round);
    }

    /// Draws a line along the shape, with flat ends.
    pub(crate) fn bar(&mut self, shape: &Shape, width: f32, fill: impl Into<Fill>) {
        self.stroke(shape, width, fill.into(), LineCap::Butt);
    }

    fn stroke(&mut self, shape: &Shape, width: f32, fill: Fill, line_cap: LineCap) {
        let paint = Paint { shader: fill.shader(), ..Paint::default() };
        let stroke = Stroke { width, line_cap, line_join: LineJoin::Round, ..Stroke::default() };
        if let Some(path) = &shape.0 {
            self.pixels.stroke_path(path, &paint, &stroke, self.scaled(self.scale), self.mask.as_ref());
        }
    }

    /// Draws only inside a shape.
    pub(crate) fn inside(&mut self, shape: &Shape, draw: impl FnOnce(&mut Self)) {
        let Some((path, mut mask)) =
            shape.0.as_ref().zip(Mask::new(self.pixels.width(), self.pixels.height()))
        else {
            return;
        };
        mask.fill_path(path, FillRule::Winding, true, self.scaled(self.scale));
        let outer = self.mask.replace(mask);
        draw(self);
        self.mask = outer;
    }

    /// A tube along a line: dark below, a streak of light above.
    pub(crate) fn tube(&mut self, line: &Shape, width: f32, finish: Finish) {
        let tint = finish.tint;
        let gloss = if finish.stuff == Stuff::Metal { 0.65 } else { 0.30 };
        self.line(line, width, tint.shaded(0.38).solid());
        let up = -width * 0.09;
        self.line(&line.clone().moved(up, up), width * 0.72, tint.solid());
        let up = -width * 0.17;
        self.line(&line.clone().moved(up, up), width * 0.20, tint.lit(gloss).alpha(0.8));
    }

    /// A body that was turned on a wheel, with light from the left.
    pub(crate) fn turned(&mut self, x: f32, profile: &[(f32, f32)], finish: Finish) -> Shape {
        let shape = Shape::turned(x, profile);
        self.round(&shape, finish);
        shape
    }

    /// A round body of any outline.
    pub(crate) fn round(&mut self, shape: &Shape, finish: Finish) {
        let (left, _, right, _) = shape.bounds();
        self.fill(shape, Fill::across(left, right, &finish.round()));
        match finish.stuff {
            Stuff::Wood => self.grain(shape, finish.tint, true),
            Stuff::Cloth => self.weave(shape, finish.tint),
            _ => {}
        }
    }

    /// A soft shadow of a shape on what is behind it.
    pub(crate) fn shadow(&mut self, shape: &Shape, (right, down): At, soft: f32, strength: f32) {
        let shape = shape.clone().moved(right, down);
        self.soft(&shape, soft, SHADOW.alpha(strength).into(), BlendMode::SourceOver);
    }

    /// Light with soft edges inside a shape.
    pub(crate) fn light(&mut self, shape: &Shape, soft: f32, fill: impl Into<Fill>) {
        self.soft(shape, soft, fill.into(), BlendMode::Screen);
    }

    fn soft(&mut self, shape: &Shape, soft: f32, fill: Fill, blend_mode: BlendMode) {
        let Some(path) = &shape.0 else { return };
        let Some((mut mask, mut small)) =
            Mask::new(SHADOW_SIDE, SHADOW_SIDE).zip(Pixmap::new(SHADOW_SIDE, SHADOW_SIDE))
        else {
            return;
        };
        let shrink = self.scaled(SHADOW_SCALE);
        mask.fill_path(path, FillRule::Winding, true, shrink);
        let Some(mask) = blurred(mask, soft * SHADOW_SCALE) else { return };
        let paint = Paint { shader: fill.shader(), ..Paint::default() };
        let (left, top, right, bottom) = Shape(path.clone().transform(self.turn)).bounds();
        let edge = 2.0 * soft + 20.0;
        let around =
            Shape::rect(left - edge, top - edge, right - left + 2.0 * edge, bottom - top + 2.0 * edge);
        let Some(around) = around.0 else { return };
        // The paint turns with the shape, the place that is painted does not.
        let Some(all) = Shape::rect(-1000.0, -1000.0, 3000.0, 3000.0).0 else { return };
        small.fill_path(&all, &paint, FillRule::Winding, shrink, Some(&mask));
        let grow = Transform::from_scale(1.0 / SHADOW_SCALE, 1.0 / SHADOW_SCALE);
        let pattern = Pattern::new(small.as_ref(), SpreadMode::Pad, FilterQuality::Bilinear, 1.0, grow);
        let paint = Paint { shader: pattern, blend_mode, ..Paint::default() };
        let still = Transform::from_scale(self.scale, self.scale);
        self.pixels.fill_path(&around, &paint, FillRule::Winding, still, self.mask.as_ref());
    }

    /// Light around a lamp, brightest at its centre.
    pub(crate) fn glow(&mut self, (x, y): At, radius: f32, tint: Tint, strength: f32) {
        let stops = [(0.0, 1.0), (0.15, 0.62), (0.35, 0.28), (0.6, 0.09), (1.0, 0.0)];
        let stops = stops.map(|(place, part)| (place, tint.alpha(part * strength)));
        self.paint(
            &Shape::circle(x, y, radius),
            Fill::Round((x, y), radius, stops.to_vec()),
            BlendMode::Screen,
        );
    }

    /// Adds light inside a shape.
    pub(crate) fn shine(&mut self, shape: &Shape, fill: impl Into<Fill>) {
        self.paint(shape, fill.into(), BlendMode::Screen);
    }

    /// Grain of wood inside a shape: thin lines that waver, along its length.
    pub(crate) fn grain(&mut self, shape: &Shape, tint: Tint, is_upright: bool) {
        let (left, top, right, bottom) = shape.bounds();
        let (from, to, start, end) =
            if is_upright { (left, right, top, bottom) } else { (top, bottom, left, right) };
        let mut strands: [Vec<Vec<At>>; 4] = Default::default();
        let mut place = from;
        while place < to {
            let bend = self.between(-3.5, 3.5);
            let strand = [0.0, 0.3, 0.65, 1.0].map(|part| {
                let along = start + (end - start) * part;
                let wave = place + bend * (part * 5.0 + bend).sin();
                if is_upright { (wave, along) } else { (along, wave) }
            });
            let kind = self.random.usize(..strands.len());
            strands[kind].push(strand.to_vec());
            place += self.between(3.0, 11.0);
        }
        let (dark, light) = (tint.shaded(0.45), tint.lit(0.35));
        let pens = [(dark, 0.9, 0.30), (dark, 1.7, 0.17), (light, 0.9, 0.32), (light, 1.8, 0.20)];
        self.inside(shape, |canvas| {
            for (strands, (colour, width, alpha)) in strands.iter().zip(pens) {
                canvas.line(&Shape::curves(strands), width, colour.alpha(alpha));
            }
        });
    }

    /// A weave inside a shape: fine threads in both directions.
    pub(crate) fn weave(&mut self, shape: &Shape, tint: Tint) {
        let threads = |from: f32, to: f32| {
            std::iter::successors(Some(from), |at| Some(at + THREAD)).take_while(move |at| *at < to)
        };
        let (left, top, right, bottom) = shape.bounds();
        let warp: Vec<_> = threads(left, right).map(|x| vec![(x, top), (x, bottom)]).collect();
        let weft: Vec<_> = threads(top, bottom).map(|y| vec![(left, y), (right, y)]).collect();
        self.inside(shape, |canvas| {
            canvas.line(&Shape::curves(&warp), 1.6, tint.lit(0.6).alpha(0.10));
            canvas.line(&Shape::curves(&weft), 1.6, tint.shaded(0.5).alpha(0.10));
        });
    }

    /// Small dots of iron in a glaze.
    pub(crate) fn speckles(&mut self, shape: &Shape, tint: Tint, count: u8) {
        let (left, top, right, bottom) = shape.bounds();
        self.inside(shape, |canvas| {
            for _ in 0..count {
                let (x, y) = (canvas.between(left, right), canvas.between(top, bottom));
                let size = canvas.between(0.9, 3.0);
                canvas.fill(&Shape::circle(x, y, size), tint.shaded(0.55).alpha(0.5));
            }
        });
    }

    /// The finished picture. Nothing of it is transparent, because a background is below all.
    pub(crate) fn finish(self) -> Option<DynamicImage> {
        let side = self.pixels.width();
        let picture: DynamicImage = RgbaImage::from_raw(side, side, self.pixels.take())?.into();
        Some(picture.into_rgb8().into())
    }
}

/// Shadows are not quite black, so that they look like air.
const SHADOW: Tint = Tint::hex(0x1c_1620);

/// Blurs a small square.
fn blurred(mask: Mask, radius: f32) -> Option<Mask> {
    let sharp: DynamicImage = GrayImage::from_raw(SHADOW_SIDE, SHADOW_SIDE, mask.take())?.into();
    let size = IntSize::from_wh(SHADOW_SIDE, SHADOW_SIDE)?;
    // This method of `image` is optimised in a development build, unlike the generic function behind it.
    Mask::from_vec(sharp.fast_blur(radius.max(0.6) / 1.7).into_bytes(), size)
}
