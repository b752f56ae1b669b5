/* A repository of one review, and orders of which one is known: what a test wants, and what was asked. */
#pragma once

#include "biz/review/review.h"
#include "support.h"

typedef struct FakeRepo {
        ReviewRepo base;
        const Review *found; /* NULL: there is none */
        CreateVerdict verdict;
        bool is_overtaken;
        Review before, saved; /* version 0: nothing was written */
        ReviewDeed deed;
        Bytes answer;
        ReviewQuery query;
        ReviewPosition after; /* of the query; all zero: the first page */
        size_t n_listed;
        Review *listed; /* NULL: empty ones */
        ProductRating rating;
} FakeRepo;

FakeRepo fake_repo(void);

typedef struct FakePurchases {
        Purchases base;
        Purchase purchase;
        const Error *error;
        const char *asked; /* NULL: nobody asked */
} FakePurchases;

/* ORD-1 of CUST-1 was delivered: PROD-1 of SELLER-1, and PROD-2 of nobody knows whom. */
FakePurchases fake_purchases(void);

/* Version 3 of CUST-1's review of PROD-1, of which no two texts are alike. */
Review fake_review(ReviewStatus status);

/* A context of a caller's. */
Ctx *fake_caller(const char *id, unsigned roles);
