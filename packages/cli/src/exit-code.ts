/** The exit codes of every command. */

export const EXIT_OK = 0;
/** Wrong usage, or the command could not do its work; one line on stderr says why. */
export const EXIT_FAILED = 1;
/** `work` only: a second signal ended it before all was drained; others repeat what was under way. */
export const EXIT_FORCED = 2;
