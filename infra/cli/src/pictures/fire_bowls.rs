//! Fire bowls.

use super::canvas::{Canvas, Fill};
use super::colour::{Finish, Stuff, Tint};
use super::lamps::{WARM, pool};
use super::lanterns::{FIRE, flame};
use super::scene::{Place, backdrop, stands};
use super::shape::{At, Shape};
use super::space::{View, block, footprint};

pub(crate) fn fire_bowl(canvas: &mut Canvas, model: &str, finish: Finish) {
    backdrop(canvas, Place::Dusk, Some(730.0), finish.tint);
    pool(canvas, 500.0, 880.0, 480.0);
    // The fire burns behind the front wall of the bowl.
    match model {
        "Basin" => {
            stands(canvas, 500.0, 866.0, 130.0);
            mouth(canvas, 620.0, 300.0, finish);
            fire(canvas, (500.0, 636.0), 190.0, 330.0);
            canvas.turned(500.0, &[(820.0, 96.0), (820.0, 96.0), (866.0, 124.0), (866.0, 124.0)], finish);
            front(
                canvas,
                620.0,
                &[
                    (620.0, 300.0),
                    (620.0, 300.0),
                    (680.0, 284.0),
                    (770.0, 200.0),
                    (828.0, 100.0),
                    (828.0, 100.0),
                ],
                finish,
            );
        }
        "Brazier" => {
            stands(canvas, 500.0, 880.0, 160.0);
            for (x, foot) in [(-110.0, 880.0), (110.0, 880.0), (0.0, 892.0)] {
                canvas.tube(&Shape::line(&[(500.0 + x * 0.9, 730.0), (500.0 + x * 1.3, foot)]), 20.0, finish);
            }
            mouth(canvas, 560.0, 200.0, finish);
            fire(canvas, (500.0, 700.0), 140.0, 400.0);
            for step in 0..9_u8 {
                let part = -1.0 + f32::from(step) / 4.0;
                let sag = (1.0 - part * part).max(0.0).sqrt() * 30.0;
                canvas.tube(
                    &Shape::line(&[
                        (500.0 + part * 204.0, 562.0 + sag),
                        (500.0 + part * 136.0, 740.0 + sag * 0.6),
                    ]),
                    13.0,
                    finish,
                );
            }
            for (y, half) in [(562.0, 206.0), (650.0, 172.0), (742.0, 138.0)] {
                canvas.tube(
                    &Shape::curve(&[
                        (500.0 - half, y),
                        (500.0 - half * 0.6, y + 25.0),
                        (500.0, y + 33.0),
                        (500.0 + half * 0.6, y + 25.0),
                        (500.0 + half, y),
                    ]),
                    17.0,
                    finish,
                );
            }
        }
        "Hearth" => {
            let turn = canvas.between(-6.0, 6.0);
            let view = View { around: 34.0 + turn, ..View::new((490.0, 820.0), 6.0) };
            footprint(canvas, view, (-40.0, -40.0), (40.0, 40.0));
            block(
                canvas,
                view,
                (-28.0, 0.0, -28.0),
                (28.0, 10.0, 28.0),
                (Finish { tint: finish.tint.shaded(0.3), ..finish }, 2.0),
            );
            block(canvas, view, (-42.0, 10.0, -42.0), (42.0, 32.0, 42.0), (finish, 4.0));
            let hole = view.face(&[
                (-38.0, 32.0, 38.0),
                (38.0, 32.0, 38.0),
                (38.0, 32.0, -38.0),
                (-38.0, 32.0, -38.0),
            ]);
            let (x, y) = view.at((0.0, 32.0, 0.0));
            canvas.fill(
                &hole,
                Fill::Round(
                    (x, y),
                    260.0,
                    vec![
                        (0.0, WARM.solid()),
                        (0.5, FIRE.shaded(0.4).solid()),
                        (1.0, Tint::hex(0x2a_1c18).solid()),
                    ],
                ),
            );
            fire(canvas, (x, y + 16.0), 150.0, 330.0);
        }
        "Ring" => {
            stands(canvas, 500.0, 850.0, 290.0);
            mouth(canvas, 690.0, 290.0, finish);
            fire(canvas, (500.0, 706.0), 190.0, 350.0);
            front(
                canvas,
                690.0,
                &[(690.0, 290.0), (690.0, 290.0), (842.0, 290.0), (858.0, 200.0), (868.0, 0.0)],
                finish,
            );
            for x in [330.0, 420.0, 510.0, 600.0, 690.0_f32] {
                let sag = (1.0 - ((x - 500.0) / 290.0).powi(2)).max(0.0).sqrt() * 46.0;
                canvas.fill(
                    &Shape::rounded(x - 20.0, 756.0 + sag * 0.6, 40.0, 40.0, 8.0),
                    FIRE.mix(WARM, 0.5).alpha(0.9),
                );
            }
        }
        _ => {
            stands(canvas, 500.0, 880.0, 150.0);
            for (x, foot) in [(-150.0, 884.0), (150.0, 884.0)] {
                canvas.tube(&Shape::line(&[(500.0 + x * 0.6, 690.0), (500.0 + x, foot)]), 20.0, finish);
            }
            mouth(canvas, 610.0, 210.0, finish);
            fire(canvas, (500.0, 622.0), 130.0, 290.0);
            front(
                canvas,
                610.0,
                &[
                    (610.0, 210.0),
                    (610.0, 210.0),
                    (660.0, 200.0),
                    (720.0, 140.0),
                    (750.0, 60.0),
                    (754.0, 0.0),
                ],
                finish,
            );
            canvas.tube(&Shape::line(&[(500.0, 750.0), (500.0, 896.0)]), 20.0, finish);
        }
    }
}

/// A fire on logs, with sparks.
fn fire(canvas: &mut Canvas, (x, y): At, half: f32, high: f32) {
    canvas.glow((x, y - high * 0.4), high * 2.1, FIRE, 0.75);
    let log = Finish::new(0x5a_3d2b, Stuff::Plain);
    for (from, to) in [((-0.8, 4.0), (0.6, -26.0)), ((0.8, 6.0), (-0.5, -30.0)), ((-0.3, 8.0), (0.2, -34.0))]
    {
        canvas.tube(
            &Shape::line(&[(x + half * from.0, y + from.1), (x + half * to.0, y + to.1)]),
            half * 0.15,
            log,
        );
    }
    for (place, size) in [(-0.52, 0.62), (0.50, 0.66), (-0.22, 0.9), (0.26, 0.84), (0.0, 1.0)] {
        let lean = canvas.between(-26.0, 26.0);
        let tall = high * size * canvas.between(0.88, 1.08);
        flame(canvas, (x + half * place, y), tall, lean);
    }
    for _ in 0..26 {
        let at = (x + canvas.between(-0.9, 0.9) * half, y - high * canvas.between(0.6, 1.7));
        let size = canvas.between(1.2, 4.2);
        canvas.fill(&Shape::circle(at.0, at.1, size), WARM.alpha(0.85));
    }
}

/// The opening of a bowl, with embers.
fn mouth(canvas: &mut Canvas, y: f32, half: f32, finish: Finish) {
    let high = half * 0.17;
    canvas.fill(&Shape::ellipse(500.0, y, half, high), finish.tint.lit(0.25).solid());
    let stops = [(0.0, WARM.solid()), (0.5, FIRE.shaded(0.35).solid()), (1.0, Tint::hex(0x24_1815).solid())];
    canvas.fill(
        &Shape::ellipse(500.0, y + 3.0, half * 0.93, high * 0.86),
        Fill::Oval((500.0, y + 3.0), half, high, stops.to_vec()),
    );
}

/// The front wall of a bowl, below the front half of its rim.
fn front(canvas: &mut Canvas, y: f32, profile: &[(f32, f32)], finish: Finish) {
    let Some(&(_, half)) = profile.first() else { return };
    let rim = [
        (500.0 - half, y),
        (500.0 - half * 0.7, y + half * 0.12),
        (500.0, y + half * 0.17),
        (500.0 + half * 0.7, y + half * 0.12),
        (500.0 + half, y),
    ];
    let mut below = rim.to_vec();
    below.extend([
        (500.0 + half, y),
        (520.0 + half, 1000.0),
        (520.0 + half, 1000.0),
        (480.0 - half, 1000.0),
        (480.0 - half, 1000.0),
        (500.0 - half, y),
    ]);
    canvas.inside(&Shape::blob(&below), |canvas| {
        let body = canvas.turned(500.0, profile, finish);
        canvas.light(&Shape::ellipse(500.0, y + half * 0.1, half * 0.8, half * 0.2), 30.0, FIRE.alpha(0.30));
        canvas.line(&body, 1.0, finish.tint.lit(0.4).alpha(0.3));
    });
    canvas.line(&Shape::curve(&rim), 7.0, finish.tint.mix(WARM, 0.45).alpha(0.9));
}
