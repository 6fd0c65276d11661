//! The files of an index in memory.
//!
//! A copy shares the bytes of its files, so an edit works on a copy and the index stays as it is until the
//! edit is published. Files on disk would have to survive a freeze in the middle of a write.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use tantivy::Directory;
use tantivy::directory::error::{DeleteError, OpenReadError, OpenWriteError};
use tantivy::directory::{FileHandle, FileSlice, RamDirectory, WatchCallback, WatchHandle, WritePtr};

/// The file that names the segments.
pub(crate) const META: &str = "meta.json";

/// Files by their names.
pub(crate) type Named = HashMap<String, FileSlice>;

/// Files that never change, and those that are written now.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    read: Arc<Named>,
    written: RamDirectory,
}

impl Files {
    pub(crate) fn new(read: Arc<Named>) -> Self {
        Self { read, written: RamDirectory::create() }
    }

    /// The newest state of a file.
    pub(crate) fn file(&self, name: &str) -> Result<FileSlice, OpenReadError> {
        self.open_read(Path::new(name))
    }

    fn old(&self, path: &Path) -> Option<&FileSlice> {
        path.to_str().and_then(|name| self.read.get(name))
    }
}

impl Directory for Files {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        match self.written.get_file_handle(path) {
            Err(OpenReadError::FileDoesNotExist(path)) => match self.old(&path) {
                Some(file) => Ok(Arc::new(file.clone())),
                None => Err(OpenReadError::FileDoesNotExist(path)),
            },
            found => found,
        }
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.written.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        Ok(self.old(path).is_some() || self.written.exists(path)?)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        self.written.open_write(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        let read = |file: &FileSlice| Ok(file.read_bytes()?.to_vec());
        let failed = |error: io::Error| OpenReadError::wrap_io_error(error, path.to_owned());
        match (self.written.exists(path)?, self.old(path)) {
            (false, Some(file)) => read(file).map_err(failed),
            _ => self.written.atomic_read(path),
        }
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.written.atomic_write(path, data)
    }

    fn sync_directory(&self) -> io::Result<()> {
        Ok(())
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.written.watch(callback)
    }
}
