/*
 * errors.h
 *		SQLSTATEs of datamesh.
 *
 * Class MD: classes I-Z are free for implementations.  A code of our own
 * exists only where a client has to react to it; everything else uses the
 * server's codes.  doc/errors.md lists them for users.
 */
#ifndef DM_BASE_ERRORS_H
#define DM_BASE_ERRORS_H

/* the reader has no access agreement that is in force for the product */
#define ERRCODE_DM_NO_AGREEMENT MAKE_SQLSTATE('M', 'D', '0', '0', '1')
/* no purpose is set, or the one set is unknown or not agreed */
#define ERRCODE_DM_PURPOSE MAKE_SQLSTATE('M', 'D', '0', '0', '2')
/* the object is managed by datamesh and changes only through its functions */
#define ERRCODE_DM_MANAGED_OBJECT MAKE_SQLSTATE('M', 'D', '0', '0', '3')
/* the product's status does not allow this step */
#define ERRCODE_DM_PRODUCT_STATUS MAKE_SQLSTATE('M', 'D', '0', '0', '4')
/* an unknown tag, or a mask that does not fit its column */
#define ERRCODE_DM_CLASSIFICATION MAKE_SQLSTATE('M', 'D', '0', '0', '5')
/* access changed between planning and execution: run the statement again */
#define ERRCODE_DM_ACCESS_CHANGED MAKE_SQLSTATE('M', 'D', '0', '0', '6')
/* data would leave its domain other than through a port */
#define ERRCODE_DM_BOUNDARY MAKE_SQLSTATE('M', 'D', '0', '0', '7')
/* the change would break a published contract, or its version does not admit it */
#define ERRCODE_DM_CONTRACT MAKE_SQLSTATE('M', 'D', '0', '0', '8')
/* whoever asks for the change holds an agreement that profits from it */
#define ERRCODE_DM_SEPARATION MAKE_SQLSTATE('M', 'D', '0', '0', '9')
/* a contract or another document that cannot be read or does not have its form */
#define ERRCODE_DM_DOCUMENT MAKE_SQLSTATE('M', 'D', '0', '1', '0')
/* events were deleted before their subscriber had acknowledged them */
#define ERRCODE_DM_EVENTS_LOST MAKE_SQLSTATE('M', 'D', '0', '1', '1')

#endif /* DM_BASE_ERRORS_H */
