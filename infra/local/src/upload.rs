//! Uploads as a browser makes them: a form that the API has signed, with a file at its end.

use serde_json::Value;

use crate::{Error, aws};

/// Posts a form with a file of this content type. Returns the status, and S3's answer.
pub fn upload(form: &Value, content_type: &str, bytes: &[u8]) -> Result<(u16, String), Error> {
    const BOUNDARY: &str = "the-end-of-a-part";
    let fields = form["fields"].as_object().into_iter().flatten();
    let parts = fields.map(|(name, value)| {
        let value = if name == "Content-Type" { content_type } else { value.as_str().unwrap_or_default() };
        format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    });
    let file = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"file\"\r\n\
         content-type: {content_type}\r\n\r\n"
    );
    let mut body = parts.chain([file]).collect::<String>().into_bytes();
    body.extend(bytes);
    body.extend(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());

    let url = form["url"].as_str().unwrap_or_default();
    let request = aws::agent().post(url).content_type(format!("multipart/form-data; boundary={BOUNDARY}"));
    let mut answer = request.send(&body[..]).map_err(Error::ask("an upload"))?;
    let said = answer.body_mut().read_to_string().map_err(Error::ask("an upload"))?;
    Ok((answer.status().as_u16(), said))
}
