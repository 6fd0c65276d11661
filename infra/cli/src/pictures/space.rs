//! Solids in space: x to the right, y up, z towards the viewer, who looks down a little from the right. The
//! light comes from the left.

use super::canvas::{Canvas, Fill};
use super::colour::{Finish, Stuff, Tint};
use super::shape::{At, Shape};

/// A point in space.
pub(crate) type Spot = (f32, f32, f32);

/// Where the viewer stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    /// Where the point (0, 0, 0) is on the canvas.
    pub(crate) foot: At,
    /// Pixels of the canvas for one unit.
    pub(crate) scale: f32,
    /// How far the viewer has gone around to the right, in degrees.
    pub(crate) around: f32,
    /// How far they look down, in degrees.
    pub(crate) down: f32,
}

impl View {
    pub(crate) fn new(foot: At, scale: f32) -> Self {
        Self { foot, scale, around: 32.0, down: 20.0 }
    }

    /// The point's place on the canvas.
    pub(crate) fn at(self, (x, y, z): Spot) -> At {
        let (sine, cosine) = self.around.to_radians().sin_cos();
        let (below, level) = self.down.to_radians().sin_cos();
        let (across, near) = (x * cosine - z * sine, x * sine + z * cosine);
        (self.foot.0 + across * self.scale, self.foot.1 + (near * below - y * level) * self.scale)
    }

    pub(crate) fn face(self, corners: &[Spot]) -> Shape {
        let corners: Vec<_> = corners.iter().map(|corner| self.at(*corner)).collect();
        Shape::polygon(&corners)
    }

    pub(crate) fn through(self, points: &[Spot]) -> Shape {
        let points: Vec<_> = points.iter().map(|point| self.at(*point)).collect();
        Shape::curve(&points)
    }

    /// A flat disc.
    pub(crate) fn disc(self, (x, y, z): Spot, radius: f32) -> Shape {
        let (x, y) = self.at((x, y, z));
        let wide = radius * self.scale;
        Shape::ellipse(x, y, wide, wide * self.down.to_radians().sin())
    }
}

/// How soft the edges of a block are: 0 for a board.
pub(crate) type Soft = f32;

/// A block between two corners, of which three faces are seen. Blocks are drawn from the back to the front.
pub(crate) fn block(
    canvas: &mut Canvas,
    view: View,
    (x0, y0, z0): Spot,
    (x1, y1, z1): Spot,
    (finish, soft): (Finish, Soft),
) {
    let front = view.face(&[(x0, y0, z1), (x1, y0, z1), (x1, y1, z1), (x0, y1, z1)]);
    let side = view.face(&[(x1, y0, z1), (x1, y0, z0), (x1, y1, z0), (x1, y1, z1)]);
    let top = view.face(&[(x0, y1, z1), (x1, y1, z1), (x1, y1, z0), (x0, y1, z0)]);
    let is_upright = (y1 - y0) > (x1 - x0);
    face(canvas, &side, finish.tint.shaded(0.34), soft);
    texture(canvas, &side, finish, (y1 - y0) > (z1 - z0));
    face(canvas, &front, finish.tint, soft);
    texture(canvas, &front, finish, is_upright);
    face(canvas, &top, finish.tint.lit(0.20), soft);
    texture(canvas, &top, finish, false);
}

fn texture(canvas: &mut Canvas, shape: &Shape, finish: Finish, is_upright: bool) {
    match finish.stuff {
        Stuff::Wood => canvas.grain(shape, finish.tint, is_upright),
        Stuff::Cloth => canvas.weave(shape, finish.tint),
        _ => {}
    }
}

/// One face: a little lighter to the upper left.
pub(crate) fn face(canvas: &mut Canvas, shape: &Shape, tint: Tint, soft: Soft) {
    let (left, top, right, bottom) = shape.bounds();
    let fill = || {
        let stops =
            vec![(0.0, tint.lit(0.13).solid()), (0.5, tint.solid()), (1.0, tint.shaded(0.12).solid())];
        Fill::Line((left, top), (right, bottom), stops)
    };
    if soft > 0.0 {
        canvas.line(shape, soft, fill());
    }
    canvas.fill(shape, fill());
    // Neighbouring faces would show a gap of half a pixel.
    canvas.line(shape, 0.8, tint.alpha(0.9));
}

/// A round bar between two points, such as a leg.
pub(crate) fn leg(canvas: &mut Canvas, view: View, from: Spot, to: Spot, (finish, width): (Finish, f32)) {
    canvas.tube(&view.through(&[from, to]), width, finish);
}

/// Four legs that lean outwards, the ones behind first.
pub(crate) fn legs(
    canvas: &mut Canvas,
    view: View,
    (x, z): (f32, f32),
    high: f32,
    lean: f32,
    bar: (Finish, f32),
) {
    for (side, depth) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
        let foot = (side * (x + lean), 0.0, depth * (z + lean));
        leg(canvas, view, (side * x, high, depth * z), foot, bar);
    }
}

/// The shadow of a thing with this footprint, which falls to the right.
pub(crate) fn footprint(canvas: &mut Canvas, view: View, (x0, z0): At, (x1, z1): At) {
    let (wide, deep) = ((x1 - x0) * 0.30, (z1 - z0) * 0.12);
    let long = view.face(&[
        (x0, 0.0, z1 + deep),
        (x1 + wide, 0.0, z1),
        (x1 + wide * 1.2, 0.0, z0 - deep),
        (x0 + wide * 0.4, 0.0, z0 - deep),
    ]);
    canvas.shadow(&long, (6.0, 4.0), 34.0, 0.30);
    let near = view.face(&[(x0, 0.0, z1), (x1, 0.0, z1), (x1, 0.0, z0), (x0, 0.0, z0)]);
    canvas.shadow(&near, (4.0, 2.0), 16.0, 0.22);
}
