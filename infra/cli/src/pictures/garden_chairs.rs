//! Garden chairs.

use super::canvas::{Canvas, Fill};
use super::colour::{Finish, INK, Stuff, Tint};
use super::scene::{Place, backdrop};
use super::shape::Shape;
use super::space::{Spot, View, block, footprint, leg};

/// Canvas of garden chairs.
const CANVAS: Finish = Finish::new(0xe9_dfc8, Stuff::Cloth);

pub(crate) fn garden_chair(canvas: &mut Canvas, model: &str, finish: Finish) {
    backdrop(canvas, Place::Garden, Some(690.0), finish.tint);
    let turn = canvas.between(-5.0, 5.0);
    let view = View { around: 34.0 + turn, ..View::new((490.0, 800.0), 6.6) };
    let stripe = [0x4f_7f8c, 0xc9_7a55, 0x6f_8a5b, 0xd2_a24c][canvas.random.usize(..4)];
    match model {
        "Deck" => {
            footprint(canvas, view, (-28.0, -34.0), (28.0, 40.0));
            frame(canvas, view, &[(26.0, 0.0, -36.0), (26.0, 34.0, 44.0)], 28.0, finish);
            sling(
                canvas,
                view,
                &[
                    (0.0, 86.0, -40.0),
                    (0.0, 46.0, -18.0),
                    (0.0, 24.0, 6.0),
                    (0.0, 24.0, 26.0),
                    (0.0, 33.0, 40.0),
                ],
                24.0,
                Tint::hex(stripe),
            );
            frame(canvas, view, &[(28.0, 90.0, -42.0), (28.0, 0.0, 38.0)], 28.0, finish);
        }
        "Folding" => {
            footprint(canvas, view, (-21.0, -20.0), (21.0, 22.0));
            frame(canvas, view, &[(20.0, 45.0, -18.0), (20.0, 0.0, 24.0)], 20.0, finish);
            slats(canvas, view, &[(0.0, 46.0, -18.0), (0.0, 46.0, 20.0)], 21.0, 6, finish);
            frame(canvas, view, &[(22.0, 0.0, -26.0), (22.0, 44.0, 8.0)], 22.0, finish);
            frame(canvas, view, &[(21.0, 44.0, -16.0), (21.0, 86.0, -26.0)], 21.0, finish);
            slats(canvas, view, &[(0.0, 64.0, -21.0), (0.0, 84.0, -26.0)], 21.0, 3, finish);
        }
        "Lounger" => {
            let view = View { foot: (450.0, 760.0), scale: 4.3, around: 50.0 + turn, ..view };
            footprint(canvas, view, (-34.0, -90.0), (34.0, 90.0));
            for z in [-50.0, 78.0] {
                frame(canvas, view, &[(30.0, 28.0, z), (30.0, 0.0, z)], 30.0, finish);
            }
            frame(canvas, view, &[(32.0, 28.0, -88.0), (32.0, 28.0, 92.0)], 32.0, finish);
            slats(canvas, view, &[(0.0, 29.0, -20.0), (0.0, 29.0, 90.0)], 31.0, 13, finish);
            block(canvas, view, (-28.0, 31.0, -24.0), (28.0, 39.0, 86.0), (CANVAS, 16.0));
            sling(
                canvas,
                view,
                &[(0.0, 84.0, -84.0), (0.0, 58.0, -52.0), (0.0, 38.0, -22.0)],
                29.0,
                CANVAS.tint,
            );
        }
        "Rocking" => {
            footprint(canvas, view, (-26.0, -36.0), (26.0, 36.0));
            let rocker =
                [(0.0, 12.0, -46.0), (0.0, 2.0, -20.0), (0.0, 0.0, 4.0), (0.0, 6.0, 34.0), (0.0, 12.0, 46.0)];
            for side in [-24.0, 24.0] {
                canvas.tube(&view.through(&rocker.map(|(_, y, z)| (side, y, z))), 17.0, finish);
                leg(canvas, view, (side, 40.0, -20.0), (side, 2.0, -22.0), (finish, 15.0));
                leg(canvas, view, (side, 58.0, 22.0), (side, 5.0, 24.0), (finish, 15.0));
            }
            slats(canvas, view, &[(0.0, 40.0, -22.0), (0.0, 43.0, 24.0)], 24.0, 7, finish);
            for x in [-20.0, -12.0, -4.0, 4.0, 12.0, 20.0] {
                leg(canvas, view, (x, 41.0, -22.0), (x, 92.0, -38.0), (finish, 13.0));
            }
            leg(canvas, view, (-25.0, 94.0, -39.0), (25.0, 94.0, -39.0), (finish, 26.0));
            for side in [-25.0, 25.0] {
                canvas.tube(
                    &view.through(&[(side, 62.0, -28.0), (side, 60.0, 0.0), (side, 59.0, 28.0)]),
                    20.0,
                    finish,
                );
            }
        }
        _ => {
            footprint(canvas, view, (-26.0, -30.0), (26.0, 30.0));
            for side in [-26.0, 26.0] {
                let bow = [
                    (side, 76.0, -36.0),
                    (side, 40.0, -18.0),
                    (side, 6.0, -24.0),
                    (side, 0.0, 0.0),
                    (side, 6.0, 26.0),
                    (side, 36.0, 28.0),
                ];
                if side > 0.0 {
                    sling(
                        canvas,
                        view,
                        &[
                            (0.0, 84.0, -40.0),
                            (0.0, 52.0, -24.0),
                            (0.0, 34.0, -6.0),
                            (0.0, 33.0, 14.0),
                            (0.0, 37.0, 28.0),
                        ],
                        24.0,
                        Tint::hex(stripe),
                    );
                }
                canvas.tube(&view.through(&bow), 14.0, finish);
                canvas.tube(
                    &view.through(&[(side, 56.0, -26.0), (side, 56.0, 0.0), (side, 36.0, 28.0)]),
                    14.0,
                    finish,
                );
            }
            leg(canvas, view, (-26.0, 84.0, -40.0), (26.0, 84.0, -40.0), (finish, 14.0));
        }
    }
}

/// A bar on the left and the same on the right, with a rung at its end.
fn frame(canvas: &mut Canvas, view: View, points: &[Spot], half: f32, finish: Finish) {
    for side in [-half, half] {
        let bar: Vec<_> = points.iter().map(|&(_, y, z)| (side, y, z)).collect();
        canvas.tube(&view.through(&bar), 15.0, finish);
    }
    if let Some(&(_, y, z)) = points.last() {
        leg(canvas, view, (-half, y, z), (half, y, z), (finish, 12.0));
    }
}

/// Boards across, between two ends.
fn slats(canvas: &mut Canvas, view: View, ends: &[Spot; 2], half: f32, count: u8, finish: Finish) {
    let [(_, y0, z0), (_, y1, z1)] = *ends;
    for number in 0..count {
        let part = f32::from(number) / f32::from(count.max(2) - 1);
        let (y, z) = (y0 + (y1 - y0) * part, z0 + (z1 - z0) * part);
        let board = view.through(&[(-half, y, z), (half, y, z)]);
        canvas.bar(&board.clone().moved(2.0, 6.0), 20.0, finish.tint.shaded(0.42).solid());
        canvas.bar(&board, 19.0, finish.tint.lit(0.08 + 0.05 * part).solid());
        canvas.bar(&board.moved(0.0, -5.0), 3.0, finish.tint.lit(0.5).alpha(0.5));
    }
}

/// A cloth that hangs between two bars, with stripes along it.
fn sling(canvas: &mut Canvas, view: View, line: &[Spot], half: f32, tint: Tint) {
    let strip = |from: f32, to: f32| {
        let go = line.iter().map(|&(_, y, z)| (from, y, z));
        let back = line.iter().rev().map(|&(_, y, z)| (to, y, z));
        let (go, back): (Vec<_>, Vec<_>) = (go.collect(), back.collect());
        let all = go
            .iter()
            .chain(go.last())
            .chain(&back[..1])
            .chain(&back)
            .chain(back.last())
            .chain(&go[..1])
            .copied();
        let points: Vec<_> = all.map(|spot| view.at(spot)).collect();
        Shape::blob(&points)
    };
    let whole = strip(-half, half);
    let (left, top, right, bottom) = whole.bounds();
    let light = Fill::Line(
        (left, top),
        (right, bottom),
        vec![
            (0.0, CANVAS.tint.lit(0.4).solid()),
            (0.6, CANVAS.tint.solid()),
            (1.0, CANVAS.tint.shaded(0.25).solid()),
        ],
    );
    canvas.fill(&whole, light);
    for number in 0..5_u8 {
        let from = -half + half * 2.0 * (f32::from(number) + 0.25) / 5.0;
        canvas.fill(&strip(from, from + half * 0.22), tint.alpha(0.85));
    }
    canvas.weave(&whole, CANVAS.tint);
    let shade = [(0.0, INK.alpha(0.0)), (0.7, INK.alpha(0.20)), (1.0, INK.alpha(0.05))];
    canvas.fill(&whole, Fill::down(top, bottom, &shade));
}
