//! Sofas.

use super::canvas::Canvas;
use super::colour::{Finish, OAK, STEEL, Stuff};
use super::scene::{Place, backdrop};
use super::shape::Shape;
use super::space::{Soft, View, block, footprint, leg, legs};

/// The measures of a sofa, in centimetres.
struct Sofa {
    half: f32,
    depth: f32,
    legs: f32,
    seat: f32,
    back: f32,
    arm: (f32, f32),
    cushions: u8,
    soft: Soft,
}

pub(crate) fn sofa(canvas: &mut Canvas, model: &str, finish: Finish) {
    backdrop(canvas, Place::Day, Some(660.0), finish.tint);
    let turn = canvas.between(-6.0, 4.0);
    let view = View { around: 28.0 + turn, ..View::new((500.0, 735.0), 4.0) };
    let plain = Sofa {
        half: 92.0,
        depth: 42.0,
        legs: 13.0,
        seat: 42.0,
        back: 78.0,
        arm: (16.0, 58.0),
        cushions: 2,
        soft: 22.0,
    };
    let sofa = match model {
        "Cove" => Sofa { arm: (22.0, 78.0), soft: 40.0, cushions: 1, legs: 6.0, ..plain },
        "Dune" => Sofa {
            half: 100.0,
            legs: 4.0,
            seat: 36.0,
            back: 62.0,
            arm: (26.0, 46.0),
            soft: 34.0,
            depth: 46.0,
            ..plain
        },
        "Harbour" => Sofa { half: 106.0, arm: (14.0, 60.0), cushions: 3, ..plain },
        "Loft" => Sofa { arm: (8.0, 62.0), legs: 18.0, soft: 8.0, back: 74.0, ..plain },
        _ => Sofa { arm: (18.0, 64.0), cushions: 3, back: 84.0, soft: 18.0, ..plain },
    };
    upholster(canvas, view, &sofa, finish, model == "Harbour");
    let warm = [0xd0_8a5e, 0xe2_c283, 0x6d_8b94, 0xb8_6a5a, 0xa9_a583];
    let pick = warm[canvas.random.usize(..warm.len())];
    let pillow = Finish::new(pick, Stuff::Cloth);
    if matches!(model, "Meadow" | "Dune" | "Harbour") {
        let x = -sofa.half + sofa.arm.0 + 22.0;
        let (left, y) = view.at((x, sofa.seat + 20.0, -8.0));
        let shape = Shape::rounded(left - 62.0, y - 58.0, 124.0, 112.0, 34.0).turn(-9.0 + turn, (left, y));
        canvas.shadow(&shape, (12.0, 10.0), 16.0, 0.35);
        canvas.round(&shape, pillow);
    }
    if model == "Meadow" {
        for x in [-52.0, -18.0, 18.0, 52.0] {
            let (x, y) = view.at((x, sofa.back - 14.0, -sofa.depth + 15.0));
            canvas.fill(&Shape::ellipse(x, y, 6.0, 7.0), finish.tint.shaded(0.5).alpha(0.8));
        }
    }
}

fn upholster(canvas: &mut Canvas, view: View, sofa: &Sofa, finish: Finish, has_chaise: bool) {
    let Sofa { half, depth, legs: high, seat, back, arm: (arm, arm_top), cushions, soft } = *sofa;
    let bar = if canvas.random.bool() { (OAK, 17.0) } else { (STEEL, 12.0) };
    let front = if has_chaise { depth + 46.0 } else { depth };
    footprint(canvas, view, (-half, -depth), (half, depth));
    legs(canvas, view, (half - 12.0, depth - 8.0), high + 4.0, 2.0, bar);
    let inner = (half - arm) * 2.0;
    block(canvas, view, (-half, high, -depth), (half, back - 6.0, -depth + 16.0), (finish, soft));
    block(canvas, view, (-half, high, -depth), (-half + arm, arm_top, depth), (finish, soft));
    block(
        canvas,
        view,
        (-half + arm, high, -depth + 10.0),
        (half - arm, seat - 12.0, depth - 2.0),
        (finish, soft * 0.4),
    );
    let count = f32::from(cushions);
    let wide = inner / count;
    for number in 0..cushions {
        let left = -half + arm + wide * f32::from(number);
        let top = back + if soft > 30.0 { -4.0 } else { 2.0 };
        let (from, to) = ((left + 2.0, seat - 4.0, -depth + 13.0), (left + wide - 2.0, top, -depth + 29.0));
        block(canvas, view, from, to, (finish, soft));
    }
    for number in 0..cushions {
        let left = -half + arm + wide * f32::from(number);
        let is_long = has_chaise && number + 1 == cushions;
        let near = if is_long { front } else { depth };
        if is_long {
            footprint(canvas, view, (left, depth), (left + wide, front));
            leg(
                canvas,
                view,
                (left + wide - 8.0, high, front - 8.0),
                (left + wide - 6.0, 0.0, front - 6.0),
                bar,
            );
            leg(canvas, view, (left + 8.0, high, front - 8.0), (left + 6.0, 0.0, front - 6.0), bar);
            block(
                canvas,
                view,
                (left, high, depth - 10.0),
                (left + wide, seat - 12.0, front - 2.0),
                (finish, soft * 0.4),
            );
        }
        let (from, to) = ((left + 1.5, seat - 11.0, -depth + 26.0), (left + wide - 1.5, seat, near));
        block(canvas, view, from, to, (finish, soft * 0.8));
    }
    block(canvas, view, (half - arm, high, -depth), (half, arm_top, depth), (finish, soft));
    let folds: [(f32, f32); 3] = [(0.2, 0.5), (0.5, 0.4), (0.8, 0.6)];
    for (place, size) in folds {
        let x = -half + 2.0 * half * place;
        let line = view.through(&[
            (x, seat - 14.0, depth),
            (x + 8.0 * size, seat - 19.0, depth),
            (x + 20.0 * size, seat - 20.0, depth),
        ]);
        canvas.line(&line, 2.0, finish.tint.shaded(0.5).alpha(0.25));
    }
}
