/* The root directory of a sandbox: made, filled by operations in their order, and entered. */
#ifndef CORDON_ROOT_H
#define CORDON_ROOT_H

#include "setup.h"

struct root {
  int old;  /* O_PATH of the caller's root, where sources are looked up */
  int base; /* a file system of our own that holds both while the new root is made */
  int new;  /* O_PATH of the new root, where destinations are */
};

/* Makes an empty root in the current mount namespace, from which nothing is passed on to the caller's. Dies on errors, as all here. */
struct root make_root(void);

/* Carries the operations out. */
void fill_root(struct root *root, const struct setup *setup);

/* Makes the new root this process's, and lets go of the old one. */
void enter_root(struct root *root);

#endif
