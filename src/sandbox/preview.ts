import { type BoundPolicy } from '../binding/bound-policy.js';
import { assembleSeccompProgram } from '../backends/linux/plan/seccomp/program.js';
import { printPlan } from '../backends/linux/plan/print-plan.js';
import { describeRule } from '../permissions/explain.js';
import { type PlanPreview } from './inspection.js';
import { type Machine } from './machine.js';
import { prepareCommand } from './prepare.js';
import { type SandboxCommand } from './sandbox-command.js';

/**
 * What a command would be launched with. Starts nothing and makes no mount point.
 *
 * @param command - what would run.
 * @param machine - where.
 * @throws CordonError those of `prepareCommand`.
 */
export async function previewCommand(command: SandboxCommand, machine: Machine): Promise<PlanPreview> {
  const prepared = prepareCommand(command, machine);
  const { policy } = prepared;
  const head = { profile: prepared.profile, policy: describePolicy(policy), warnings: prepared.warnings };
  if (policy.kind !== 'managed') {
    return {
      json: { ...head, plan: null },
      commandLine: `# no sandbox: the profile is ${policy.reason}`,
      seccompProgram: new Uint8Array(),
    };
  }
  const backend = machine.sandboxBackend();
  const plan = backend.plan(policy, prepared.command);
  const printed = printPlan(plan, await backend.likelyLauncher(policy), backend.deniedFile());
  const seccompProgram = assembleSeccompProgram(plan.seccomp);
  return { json: { ...head, plan: printed.json }, commandLine: printed.commandLine, seccompProgram };
}

function describePolicy(policy: BoundPolicy): Readonly<Record<string, unknown>> {
  if (policy.kind !== 'managed') return { kind: policy.kind, reason: policy.reason };
  const { fileSystem, network, cwd, workspaceRoots } = policy;
  if (fileSystem.kind === 'unrestricted') return { network, cwd, workspaceRoots, fileSystem: 'unrestricted' };
  const { rules, globs } = fileSystem.ruleSet;
  return {
    network,
    cwd,
    workspaceRoots,
    rules: rules.map((rule) => ({
      path: rule.path,
      access: rule.access,
      target: rule.target,
      because: describeRule(rule),
    })),
    globs,
    maskedSockets: fileSystem.maskedSockets,
  };
}
