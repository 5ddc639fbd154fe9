/* --help and --version. Both return an exit status. */
#ifndef CORDON_HELP_H
#define CORDON_HELP_H

int print_help(const char *program);
int print_version(const char *name);

#endif
