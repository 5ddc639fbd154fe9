/* What a rule of the wall is about: a path, or all that is beneath it but what was named as hidden. Rights of Landlock add up
 * towards the root, so that a directory which holds something hidden gets none itself; what lies in it does. */
#ifndef CORDON_VISIBLE_H
#define CORDON_VISIBLE_H

#include "setup.h"

typedef void visit_object(void *context, int object, const char *path, enum wall_access access);

/* Visits what a rule is about, as O_PATH descriptors. No symbolic link is followed. Dies when the rule's path is not there. */
void visit_visible(const struct setup *setup, const struct wall_rule *rule, visit_object *visit, void *context);

#endif
