// Noting when a session or token was last used.

/** Writes the last use where the database lets it: while the disk is full, people must still be able to read what is wrong. */
export async function touch(write: { execute(): Promise<unknown> }): Promise<void> {
  try {
    await write.execute();
  } catch (error) {
    // /readyz and every real write tell of the database; the next use notes itself.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SQLITE_ERROR') throw error;
  }
}
