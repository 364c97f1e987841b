export type { RecordingLogger } from "./recording-logger.ts";
export { recordingLogger } from "./recording-logger.ts";
