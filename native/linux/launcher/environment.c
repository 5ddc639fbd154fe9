#define _GNU_SOURCE
#include "environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sys.h"

static size_t count_variables(const struct setup *setup) {
  size_t count = 0;
  while (setup->environment[count] != NULL) count++;
  return count;
}

static bool is_named(const char *variable, const char *name) {
  size_t length = strlen(name);
  return strncmp(variable, name, length) == 0 && variable[length] == '=';
}

static bool is_name(const char *name) { return *name != '\0' && strchr(name, '=') == NULL; }

/* What is named, and what is not, keep their order. */
static void keep(struct setup *setup, const char *name, bool is_kept) {
  char **to = setup->environment;
  for (char **from = setup->environment; *from != NULL; from++)
    if (is_named(*from, name) == is_kept) *to++ = *from;
  *to = NULL;
}

void copy_environment(struct setup *setup, char *const *environment) {
  size_t count = 0;
  for (char *const *variable = environment; *variable != NULL; variable++) {
    char **place = append(&setup->environment, &count, sizeof *place);
    *place = *variable;
  }
  append(&setup->environment, &count, sizeof *setup->environment);
}

bool set_variable(struct setup *setup, const char *name, const char *value) {
  if (!is_name(name)) return false;
  size_t length = strlen(name) + 1 + strlen(value) + 1;
  char *variable = own(setup, length);
  snprintf(variable, length, "%s=%s", name, value);
  keep(setup, name, false);
  size_t count = count_variables(setup);
  setup->environment = reallocarray(setup->environment, count + 2, sizeof *setup->environment);
  if (setup->environment == NULL) die("malloc");
  setup->environment[count] = variable;
  setup->environment[count + 1] = NULL;
  return true;
}

bool unset_variable(struct setup *setup, const char *name) {
  if (!is_name(name)) return false;
  keep(setup, name, false);
  return true;
}

void clear_environment(struct setup *setup) { keep(setup, "PWD", true); }
