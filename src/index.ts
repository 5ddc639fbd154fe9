/** cordon: runs commands inside the strongest sandbox that the system has, from one portable permission profile. */
export { CordonError, type CordonErrorOptions } from './errors/cordon-error.js';
export { ERROR_CODES, type ErrorCode } from './errors/codes.js';
export { SandboxManager, type SandboxManagerOptions } from './sandbox/sandbox-manager.js';
export { type EnvironmentChanges, type SandboxCommand } from './sandbox/sandbox-command.js';
export { type CommandEnd, type RunningCommand } from './sandbox/running-command.js';
export {
  type CapturedOutcome,
  type CapturedOutput,
  type CommandStatus,
  type Enforcement,
  type SandboxOutcome,
} from './sandbox/outcome.js';
export {
  type DoctorCheck,
  type DoctorReport,
  type Explanation,
  type PlanPreview,
} from './sandbox/inspection.js';
export {
  type LauncherChoice,
  type LauncherKind,
  type StdioRequest,
  type StreamRequest,
} from './backends/backend.js';
export { type ListenerRequest } from './backends/linux/plan/launch-plan.js';
export { type SandboxListener } from './process/listener-reception.js';
export { type ListenerWay } from './process/listener-ways.js';
export { type EnforcementGap } from './backends/linux/plan/landlock-gaps.js';
export { type Denial } from './denials/denial.js';
export type * from './permissions/profile.js';
export {
  type ParsedProfile,
  parsePermissionOverlay,
  parsePermissionProfile,
} from './permissions/profile-schema.js';
export { canonicalJson, canonicalProfile } from './permissions/canonical.js';
export { applyOverlay } from './permissions/overlay.js';
export {
  type LegacyPolicy,
  type LegacyReadOnly,
  type LegacyWorkspaceWrite,
  legacyFromProfile,
  profileFromLegacy,
} from './permissions/legacy.js';
export { parseLegacyPolicy } from './permissions/legacy-schema.js';
export { parseFileUri, toFileUri } from './paths/file-uri.js';
export { type AbsolutePath, parseAbsolutePath } from './paths/absolute-path.js';
export { profileJsonSchema } from './profiles/json-schema.js';
