/** A file of @lydell/node-pty 1.1.0 that the package does not describe; see `node-pty-1-1-0.ts`. */
declare module '@lydell/node-pty/requireBinary.js' {
  export function requireBinary(file: 'pty.node'): unknown;
}
