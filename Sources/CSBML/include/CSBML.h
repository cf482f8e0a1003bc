#pragma once

#include <sbml/SBMLTypes.h>
