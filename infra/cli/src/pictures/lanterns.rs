//! Lanterns.

use super::canvas::{Canvas, Fill};
use super::colour::{Finish, Stuff, Tint};
use super::lamps::{HOT, WARM, pool};
use super::scene::{Place, backdrop, stands};
use super::shape::{At, Shape};

pub(crate) const FIRE: Tint = Tint::hex(0xf4_8a2c);

/// A flame with a hot core, this high above its foot.
pub(crate) fn flame(canvas: &mut Canvas, (x, foot): At, high: f32, lean: f32) {
    let tongue = |size: f32| {
        let (wide, tall) = (high * 0.27 * size, high * size);
        Shape::blob(&[
            (x, foot),
            (x - wide, foot - tall * 0.22),
            (x - wide * 0.62, foot - tall * 0.55),
            (x + lean * size, foot - tall),
            (x + lean * size, foot - tall),
            (x + wide * 0.66, foot - tall * 0.5),
            (x + wide, foot - tall * 0.2),
        ])
    };
    let outer = [(0.0, WARM.alpha(0.9)), (0.5, FIRE.alpha(0.85)), (1.0, Tint::hex(0xd9_4a1e).alpha(0.35))];
    canvas.fill(&tongue(1.0), Fill::Line((x, foot), (x, foot - high), outer.to_vec()));
    let inner = [(0.0, HOT.solid()), (0.6, WARM.alpha(0.95)), (1.0, FIRE.alpha(0.4))];
    canvas.fill(&tongue(0.66), Fill::Line((x, foot), (x, foot - high * 0.66), inner.to_vec()));
    canvas.fill(&tongue(0.32), HOT.alpha(0.9));
}

pub(crate) fn lantern(canvas: &mut Canvas, model: &str, finish: Finish) {
    backdrop(canvas, Place::Dusk, Some(740.0), finish.tint);
    let sway = canvas.between(-8.0, 8.0);
    pool(canvas, 500.0, 870.0, 430.0);
    canvas.glow((500.0, 560.0), 480.0, WARM, 0.6);
    stands(canvas, 500.0, 850.0, 150.0);
    let bail = |canvas: &mut Canvas, half: f32, y: f32, high: f32| {
        canvas.tube(
            &Shape::curve(&[
                (500.0 - half, y),
                (500.0 - half * 0.8, y - high * 0.7),
                (500.0 + sway, y - high),
                (500.0 + half * 0.8, y - high * 0.7),
                (500.0 + half, y),
            ]),
            11.0,
            finish,
        );
    };
    match model {
        "Beacon" => {
            bail(canvas, 120.0, 330.0, 180.0);
            pane(canvas, &Shape::rounded(372.0, 390.0, 256.0, 390.0, 30.0));
            flame(canvas, (500.0, 760.0), 170.0, sway);
            for x in [372.0, 418.0, 582.0, 628.0] {
                canvas.tube(&Shape::line(&[(x, 392.0), (x, 790.0)]), 9.0, finish);
            }
            canvas.turned(
                500.0,
                &[
                    (280.0, 46.0),
                    (280.0, 46.0),
                    (320.0, 70.0),
                    (370.0, 150.0),
                    (400.0, 152.0),
                    (400.0, 152.0),
                ],
                finish,
            );
            canvas.turned(
                500.0,
                &[(780.0, 152.0), (780.0, 152.0), (838.0, 160.0), (850.0, 150.0), (850.0, 150.0)],
                finish,
            );
        }
        "Camp" => {
            bail(canvas, 136.0, 420.0, 210.0);
            let globe = Shape::turned(
                500.0,
                &[
                    (430.0, 84.0),
                    (470.0, 112.0),
                    (560.0, 126.0),
                    (650.0, 104.0),
                    (690.0, 80.0),
                    (690.0, 80.0),
                ],
            );
            pane(canvas, &globe);
            canvas.glow((500.0, 560.0), 160.0, HOT, 0.9);
            canvas.fill(&Shape::ellipse(500.0, 570.0, 34.0, 52.0), HOT.solid());
            canvas.turned(
                500.0,
                &[
                    (330.0, 20.0),
                    (350.0, 56.0),
                    (390.0, 74.0),
                    (400.0, 138.0),
                    (424.0, 142.0),
                    (436.0, 96.0),
                    (436.0, 96.0),
                ],
                finish,
            );
            canvas.turned(
                500.0,
                &[
                    (684.0, 90.0),
                    (684.0, 90.0),
                    (716.0, 96.0),
                    (740.0, 150.0),
                    (820.0, 164.0),
                    (850.0, 140.0),
                    (850.0, 140.0),
                ],
                finish,
            );
            canvas.round(&Shape::circle(626.0, 740.0, 24.0), Finish::new(0xc2_9650, Stuff::Metal));
        }
        "Keeper" => {
            bail(canvas, 60.0, 290.0, 110.0);
            for (x0, x1) in [(352.0, 540.0), (540.0, 652.0)] {
                pane(canvas, &Shape::polygon(&[(x0, 400.0), (x1, 400.0), (x1, 800.0), (x0, 800.0)]));
            }
            canvas.turned(
                470.0,
                &[(650.0, 44.0), (650.0, 44.0), (800.0, 44.0), (800.0, 44.0)],
                Finish::new(0xf3_e8d2, Stuff::Plain),
            );
            flame(canvas, (470.0, 646.0), 110.0, sway);
            for (x, wide) in [(352.0, 17.0), (540.0, 17.0), (652.0, 14.0)] {
                canvas.tube(&Shape::line(&[(x, 396.0), (x, 812.0)]), wide, finish);
            }
            for y in [400.0, 806.0] {
                canvas.tube(&Shape::line(&[(350.0, y), (654.0, y)]), 19.0, finish);
            }
            let roof = Shape::polygon(&[(330.0, 392.0), (470.0, 286.0), (560.0, 286.0), (676.0, 392.0)]);
            canvas.round(&roof, finish);
            let base = Shape::rounded(330.0, 808.0, 346.0, 42.0, 8.0);
            canvas.round(&base, finish);
        }
        "Path" => {
            for (x, size) in [(760.0, 0.55), (850.0, 0.4)] {
                let foot = 690.0 + size * 180.0;
                canvas.tube(&Shape::line(&[(x, foot), (x, foot - 300.0 * size)]), 30.0 * size, finish);
                canvas.glow((x, foot - 330.0 * size), 220.0 * size, WARM, 0.7);
                canvas.fill(
                    &Shape::rounded(x - 50.0 * size, foot - 380.0 * size, 100.0 * size, 90.0 * size, 10.0),
                    HOT.alpha(0.9),
                );
                canvas.round(
                    &Shape::rounded(x - 80.0 * size, foot - 400.0 * size, 160.0 * size, 24.0 * size, 8.0),
                    finish,
                );
            }
            canvas.tube(&Shape::line(&[(440.0, 856.0), (440.0, 470.0)]), 44.0, finish);
            pane(canvas, &Shape::rounded(360.0, 320.0, 160.0, 150.0, 14.0));
            canvas.glow((440.0, 400.0), 260.0, WARM, 0.8);
            canvas.fill(&Shape::rounded(404.0, 340.0, 72.0, 112.0, 30.0), HOT.solid());
            canvas.turned(
                440.0,
                &[(270.0, 20.0), (276.0, 60.0), (306.0, 170.0), (326.0, 172.0), (326.0, 172.0)],
                finish,
            );
            canvas.turned(
                440.0,
                &[(464.0, 92.0), (464.0, 92.0), (490.0, 84.0), (500.0, 24.0), (500.0, 24.0)],
                finish,
            );
        }
        _ => {
            bail(canvas, 176.0, 480.0, 280.0);
            for side in [-1.0, 1.0] {
                let tube = [
                    (500.0 + side * 150.0, 790.0),
                    (500.0 + side * 186.0, 640.0),
                    (500.0 + side * 176.0, 440.0),
                    (500.0 + side * 120.0, 356.0),
                    (500.0 + side * 50.0, 350.0),
                ];
                canvas.tube(&Shape::curve(&tube), 26.0, finish);
            }
            let globe = Shape::turned(
                500.0,
                &[(430.0, 64.0), (500.0, 96.0), (590.0, 122.0), (670.0, 98.0), (706.0, 66.0), (706.0, 66.0)],
            );
            pane(canvas, &globe);
            flame(canvas, (500.0, 700.0), 150.0, sway);
            canvas.turned(
                500.0,
                &[(300.0, 40.0), (312.0, 72.0), (380.0, 60.0), (400.0, 84.0), (432.0, 78.0), (432.0, 78.0)],
                finish,
            );
            canvas.turned(
                500.0,
                &[
                    (700.0, 74.0),
                    (700.0, 74.0),
                    (740.0, 84.0),
                    (764.0, 150.0),
                    (830.0, 172.0),
                    (852.0, 150.0),
                    (852.0, 150.0),
                ],
                finish,
            );
        }
    }
}

/// Glass with a light behind it.
fn pane(canvas: &mut Canvas, shape: &Shape) {
    let (left, top, right, bottom) = shape.bounds();
    let centre = (left.midpoint(right), top + (bottom - top) * 0.62);
    let stops = [(0.0, HOT.alpha(0.85)), (0.4, WARM.alpha(0.55)), (1.0, WARM.alpha(0.20))];
    canvas.fill(shape, Fill::Round(centre, (bottom - top) * 0.75, stops.to_vec()));
    canvas.line(shape, 2.0, HOT.alpha(0.4));
}
