//! `shop`: sets up and checks a deployed shop. It finds AWS by the usual variables: `AWS_REGION`,
//! `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, and `AWS_ENDPOINT_URL` for an emulator.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for a person at a terminal")]

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use domain::account::email::TypedEmail;
use domain::text::Password;
use indicatif::{ProgressBar, ProgressStyle};
use lambda::{Config, Connect as _};
use providers::Bucket;
use shop::{Made, Report, Seeded, examine, make_admin, random_password, repair, seed};
use table::{LookTaken, Table};

/// Sets up a shop (its first administrator, its demo catalogue) and checks it. Repeating a command makes
/// nothing twice.
#[derive(Parser)]
#[command(name = "shop", bin_name = "cargo shop", disable_version_flag = true)]
struct Cli {
    #[command(subcommand)]
    command: Task,
    /// The shop's table [default: `TABLE_NAME` of the environment]
    #[arg(long, global = true)]
    table: Option<String>,
}

#[derive(Subcommand)]
enum Task {
    /// Makes an administrator and prints their password once; an existing one is left alone
    Admin {
        /// The address with which they sign in
        #[arg(long)]
        email: TypedEmail,
        /// Read the password from standard input instead of making one
        #[arg(long)]
        password_stdin: bool,
    },
    /// Puts a demo store with 24 categories and 200 products into the table, and draws their pictures
    Seed {
        /// The owner of the store: an existing account
        #[arg(long)]
        owner: TypedEmail,
        /// The bucket for the pictures; without it, no pictures are made
        #[arg(long)]
        pictures: Option<String>,
    },
    /// Checks the consistency of the table, while the shop is open; exits with 1 if something is wrong, and
    /// with 2 if not everything could be read
    Doctor {
        /// How many read units it may cost; 100,000 are about 2 cents
        #[arg(long, default_value_t = 100_000)]
        budget: u64,
        /// Let older names of stores and categories keep out lookalikes; one transaction for each
        #[arg(long)]
        repair: bool,
    },
}

/// Not everything could be read.
const UNFINISHED: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let failure = match cli.command {
        Task::Doctor { .. } => ExitCode::from(UNFINISHED),
        Task::Admin { .. } | Task::Seed { .. } => ExitCode::FAILURE,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(run(cli))) {
        Ok(ended) => ended,
        Err(error) => {
            eprintln!("error: {error}");
            failure
        }
    }
}

async fn run(cli: Cli) -> Result<ExitCode, Box<dyn Error>> {
    let config = Config::from_process()?;
    let endpoint = config.optional("AWS_ENDPOINT_URL");
    command(cli, config).await.map_err(|error| match endpoint {
        // The SDK writes some hundred words about a connection that is refused.
        Some(endpoint) if error.to_string().starts_with("DynamoDB: dispatch failure") => {
            format!("{endpoint} does not answer: start the stack with `cargo dev`").into()
        }
        _ => error,
    })
}

async fn command(cli: Cli, config: Config) -> Result<ExitCode, Box<dyn Error>> {
    let config = match cli.table {
        Some(table) => config.with("TABLE_NAME", table),
        None => config,
    };
    let table = Table::connect(&config).await?;
    match cli.command {
        Task::Admin { email, password_stdin } => admin(&table, &email, password_stdin).await?,
        Task::Seed { owner, pictures } => {
            let bucket = match pictures {
                Some(name) => Some(Bucket::connect(&config.with("IMAGES_BUCKET", name)).await?),
                None => None,
            };
            fill(&table, bucket.as_ref(), &owner).await?;
        }
        Task::Doctor { budget, repair } => return doctor(&table, budget, repair).await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn doctor(table: &Table, budget: u64, repairs: bool) -> Result<ExitCode, Box<dyn Error>> {
    let look = ProgressStyle::with_template("  {bar:30.cyan/dim} {pos} of {len} read units  {msg:.dim}")?;
    let bar = ProgressBar::new(budget).with_style(look);
    bar.enable_steady_tick(Duration::from_millis(200));
    let examined = examine(table, budget, |so_far| {
        bar.set_position(so_far.used);
        bar.set_message(format!("{} products, {} orders", so_far.products, so_far.orders));
    });
    let examined = examined.await;
    bar.finish_and_clear();
    let report: Report = examined?;
    println!("{report}");
    if repairs {
        repair(table, &report.findings, |name, taken| println!("  {}  {}", name.subject, said(taken)))
            .await?;
    }
    Ok(match (report.breaches(), report.finished) {
        (0, true) => ExitCode::SUCCESS,
        (0, false) => ExitCode::from(UNFINISHED),
        _ => ExitCode::FAILURE,
    })
}

fn said(taken: LookTaken) -> &'static str {
    match taken {
        LookTaken::Now => "keeps out lookalikes now",
        LookTaken::Before => "kept out lookalikes already",
        LookTaken::ByAnother => "looks like another name: one of the two has to be changed by hand",
        LookTaken::Missing => "is gone",
    }
}

/// A generated password goes to standard output alone, so that a script can read it.
async fn admin(table: &Table, email: &TypedEmail, password_stdin: bool) -> Result<(), Box<dyn Error>> {
    let text = match password_stdin {
        true => std::io::read_to_string(std::io::stdin())?.trim_end_matches(['\r', '\n']).to_owned(),
        false => random_password()?,
    };
    let password =
        Password::try_from(text.clone()).map_err(|invalid| format!("the password {}", invalid.message))?;
    let made = make_admin(table, email, &password).await?;
    let email = email.canonical();
    match made {
        Made::Before => eprintln!("{email} administers the shop already"),
        Made::Now if password_stdin => eprintln!("{email} administers the shop now"),
        Made::Now => {
            eprintln!("{email} administers the shop now; the password is shown this once:");
            println!("{text}");
        }
    }
    Ok(())
}

async fn fill(table: &Table, pictures: Option<&Bucket>, owner: &TypedEmail) -> Result<(), Box<dyn Error>> {
    let look = ProgressStyle::with_template("  {bar:30.cyan/dim} {pos} of {len} products")?;
    let bar = ProgressBar::new(0).with_style(look);
    let seeded = seed(table, pictures, owner, |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    });
    let Seeded { categories, products, pictures: drawn } = seeded.await?;
    bar.finish_and_clear();
    match (categories + products + drawn, pictures) {
        (0, _) => println!("everything is there already"),
        (_, None) => println!("{categories} categories and {products} products are new"),
        _ => println!("{categories} categories, {products} products and {drawn} pictures are new"),
    }
    Ok(())
}
