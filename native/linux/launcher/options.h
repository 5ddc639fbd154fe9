/* bubblewrap's command line (bwrap(1)), read into a setup. */
#ifndef CORDON_OPTIONS_H
#define CORDON_OPTIONS_H

#include "setup.h"

/* A setup that shares everything and does nothing. */
struct setup empty_setup(void);

/* Reads options up to the first word that is none, or behind "--". Returns the index of that word, which may be `count`. Dies of
 * what it does not understand, and of descriptors where there are none to name. The setup points into `words`. */
size_t read_options(struct setup *setup, char **words, size_t count, int may_name_descriptors);

/* Frees what reading has allocated. */
void free_setup(struct setup *setup);

#endif
