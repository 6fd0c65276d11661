//! Outlines, in a square of 1000 by 1000.

use tiny_skia::{Path, PathBuilder, Rect, Transform};

/// A point.
pub(crate) type At = (f32, f32);

/// An outline. One without any area draws nothing.
#[derive(Clone, Debug)]
pub(crate) struct Shape(pub(crate) Option<Path>);

impl Shape {
    fn of(draw: impl FnOnce(&mut PathBuilder)) -> Self {
        let mut path = PathBuilder::new();
        draw(&mut path);
        Self(path.finish())
    }

    pub(crate) fn rect(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self(Rect::from_xywh(x, y, width, height).map(PathBuilder::from_rect))
    }

    pub(crate) fn ellipse(x: f32, y: f32, wide: f32, high: f32) -> Self {
        let bounds = Rect::from_xywh(x - wide, y - high, 2.0 * wide, 2.0 * high);
        Self(bounds.and_then(PathBuilder::from_oval))
    }

    pub(crate) fn circle(x: f32, y: f32, radius: f32) -> Self {
        Self::ellipse(x, y, radius, radius)
    }

    /// A rectangle with round corners.
    pub(crate) fn rounded(x: f32, y: f32, width: f32, height: f32, radius: f32) -> Self {
        let r = radius.min(width / 2.0).min(height / 2.0);
        let (right, bottom) = (x + width, y + height);
        Self::of(|path| {
            path.move_to(x + r, y);
            path.line_to(right - r, y);
            path.quad_to(right, y, right, y + r);
            path.line_to(right, bottom - r);
            path.quad_to(right, bottom, right - r, bottom);
            path.line_to(x + r, bottom);
            path.quad_to(x, bottom, x, bottom - r);
            path.line_to(x, y + r);
            path.quad_to(x, y, x + r, y);
            path.close();
        })
    }

    pub(crate) fn polygon(corners: &[At]) -> Self {
        Self::of(|path| {
            lines(path, corners);
            path.close();
        })
    }

    /// An open line with corners.
    pub(crate) fn line(corners: &[At]) -> Self {
        Self::of(|path| lines(path, corners))
    }

    /// An open line that bends smoothly through all points.
    pub(crate) fn curve(points: &[At]) -> Self {
        Self::curves(&[points.to_vec()])
    }

    /// Many open lines.
    pub(crate) fn curves(lines: &[Vec<At>]) -> Self {
        Self::of(|path| {
            for points in lines {
                if let Some(first) = points.first() {
                    path.move_to(first.0, first.1);
                    bend(path, points);
                }
            }
        })
    }

    /// A closed outline that bends smoothly through all points.
    pub(crate) fn blob(points: &[At]) -> Self {
        let round: Vec<_> = points.iter().chain(points.first()).copied().collect();
        Self::of(|path| {
            if let Some(first) = points.first() {
                path.move_to(first.0, first.1);
                bend(path, &round);
                path.close();
            }
        })
    }

    /// The outline of a body that was turned on a wheel: its half widths at some heights, from its top down.
    /// A point that is given twice is a corner.
    pub(crate) fn turned(x: f32, profile: &[(f32, f32)]) -> Self {
        let right: Vec<_> = profile.iter().map(|(y, half)| (x + half, *y)).collect();
        let left: Vec<_> = profile.iter().rev().map(|(y, half)| (x - half, *y)).collect();
        Self::of(|path| {
            if let (Some(first), Some(turn)) = (right.first(), left.first()) {
                path.move_to(first.0, first.1);
                bend(path, &right);
                path.line_to(turn.0, turn.1);
                bend(path, &left);
                path.close();
            }
        })
    }

    /// The outline after a turn by some degrees around a point.
    pub(crate) fn turn(self, degrees: f32, (x, y): At) -> Self {
        Self(self.0.and_then(|path| path.transform(Transform::from_rotate_at(degrees, x, y))))
    }

    pub(crate) fn moved(self, x: f32, y: f32) -> Self {
        Self(self.0.and_then(|path| path.transform(Transform::from_translate(x, y))))
    }

    /// Left, top, right and bottom.
    pub(crate) fn bounds(&self) -> (f32, f32, f32, f32) {
        let bounds = self.0.as_ref().map(Path::bounds);
        bounds.map_or((0.0, 0.0, 1.0, 1.0), |it| (it.left(), it.top(), it.right(), it.bottom()))
    }
}

fn lines(path: &mut PathBuilder, corners: &[At]) {
    for (number, (x, y)) in corners.iter().enumerate() {
        if number == 0 { path.move_to(*x, *y) } else { path.line_to(*x, *y) }
    }
}

/// Goes on from the first point through all others: a Catmull-Rom spline as Bézier curves. A point that is
/// given twice is a corner.
fn bend(path: &mut PathBuilder, points: &[At]) {
    let [first, .., last] = points else { return };
    let (before, after) = match points {
        [_, second, .., second_last, _] if first == last => (second_last, second),
        _ => (first, last),
    };
    let all: Vec<_> = [before].into_iter().chain(points).chain([after]).copied().collect();
    for around in all.windows(4) {
        let [before, from, to, after] = around else { continue };
        if from == to {
            continue;
        }
        let slope = |a: &At, b: &At| ((b.0 - a.0) / 6.0, (b.1 - a.1) / 6.0);
        let (out, back) = (slope(before, to), slope(from, after));
        path.cubic_to(from.0 + out.0, from.1 + out.1, to.0 - back.0, to.1 - back.1, to.0, to.1);
    }
}
