import type { FileErrorCode } from "../file-system.ts";
import { FileError } from "../file-system.ts";

/** Translates what the operating system said. */
export function toFileError(operation: string, path: string, error: unknown): FileError {
  if (error instanceof FileError) return error;
  const errno = (error as NodeJS.ErrnoException).code ?? "";
  const codes: Record<string, FileErrorCode> = {
    ENOENT: "FILE_NOT_FOUND",
    EEXIST: "FILE_EXISTS",
    EACCES: "FILE_ACCESS_DENIED",
    EPERM: "FILE_ACCESS_DENIED",
    ENOSPC: "FILE_NO_SPACE",
    EDQUOT: "FILE_NO_SPACE",
  };
  const reason = error instanceof Error ? error.message : String(error);
  return new FileError(codes[errno] ?? "FILE_FAILED", { operation, path, reason }, { cause: error });
}
